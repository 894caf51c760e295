/** The local copy of a watched set, and the exact differences that bring it up to date. */
import type { KubeObject } from './api.ts'

export interface WatchChange<T> {
  readonly type: 'added' | 'modified' | 'deleted'
  readonly object: T
}

/** An object with its identity beside it, because a projection may drop the identity. */
export interface Copy<T> {
  readonly key: string
  readonly uid: string | undefined
  readonly version: string | undefined
  /** Undefined when the caller's projection failed: the replica then keeps the object that it has. */
  readonly object: T | undefined
}

/** `name`, or `namespace/name`: the key of an object in the copy. */
export function keyOf(object: KubeObject): string {
  const { name = '', namespace } = object.metadata
  return namespace === undefined ? name : `${namespace}/${name}`
}

/**
 * Holds the copies and reports each difference once. A name whose UID changed is two objects: the replica reports a
 * deletion and an addition.
 */
export class Replica<T> {
  readonly #items = new Map<string, T>()
  readonly #stamps = new Map<string, Pick<Copy<T>, 'uid' | 'version'>>()
  readonly #onChange: (change: WatchChange<T>) => void
  #filled = false

  constructor(onChange: (change: WatchChange<T>) => void) {
    this.#onChange = onChange
  }

  get items(): ReadonlyMap<string, T> {
    return this.#items
  }

  /** Takes a complete list and reports what vanished, changed and appeared since the last one. The first list makes no reports. */
  replace(list: readonly Copy<T>[]): void {
    const listed = new Set(list.map((copy) => copy.key))
    for (const key of [...this.#items.keys()]) if (!listed.has(key)) this.remove(key)
    for (const copy of list) this.put(copy)
    this.#filled = true
  }

  put({ key, uid, version, object }: Copy<T>): void {
    if (object === undefined) return
    const held = this.#stamps.get(key)
    if (held && held.uid !== uid) this.remove(key)
    else if (held?.version !== undefined && held.version === version) return
    const type = this.#items.has(key) ? 'modified' : 'added'
    this.#items.set(key, object)
    this.#stamps.set(key, { uid, version })
    if (this.#filled) this.#onChange({ type, object })
  }

  /** Reports the deletion with the object's final state: `last` where the server sent it, else the copy. */
  remove(key: string, last?: T): void {
    const held = this.#items.get(key)
    if (held === undefined) return
    this.#items.delete(key)
    this.#stamps.delete(key)
    this.#onChange({ type: 'deleted', object: last ?? held })
  }
}

/** True when both are numbers and `a` is the smaller. Versions are decimal numbers of any length. */
export function isOlder(a: string, b: string): boolean {
  if (!/^\d+$/.test(a) || !/^\d+$/.test(b)) return false
  return a.length === b.length ? a < b : a.length < b.length
}
