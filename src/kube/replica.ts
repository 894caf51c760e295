/** The local copy of a watched set, and the exact differences that bring it up to date. */
import type { KubeObject } from './api.ts'

export interface WatchChange<T> {
  readonly type: 'added' | 'modified' | 'deleted'
  readonly object: T
}

export interface Replica<T extends KubeObject, Raw extends KubeObject> {
  readonly items: ReadonlyMap<string, T>
  /** Takes a complete list: reports what appeared, changed and vanished since the last one; the first is taken silently. */
  replace(list: readonly Raw[]): void
  put(object: Raw): void
  remove(object: Raw): void
}

/** Identity and version of what is held, apart from the object: a projection may drop both. */
interface Stamp {
  readonly uid: string | undefined
  readonly version: string | undefined
}

/** `name`, or `namespace/name`: the key of an object in the copy. */
export function keyOf(object: KubeObject): string {
  const { name = '', namespace } = object.metadata
  return namespace === undefined ? name : `${namespace}/${name}`
}

/** An object whose UID changed under its name is a deletion and an addition: two objects, not one that was modified. */
export function createReplica<T extends KubeObject, Raw extends KubeObject>(
  project: ((object: Raw) => T) | undefined,
  onChange: (change: WatchChange<T>) => void,
): Replica<T, Raw> {
  const items = new Map<string, T>()
  const stamps = new Map<string, Stamp>()
  let filled = false

  const put = (raw: Raw): void => {
    const key = keyOf(raw)
    const stamp = { uid: raw.metadata.uid, version: raw.metadata.resourceVersion }
    const held = stamps.get(key)
    if (held && held.uid !== stamp.uid) drop(key)
    else if (held && held.version !== undefined && held.version === stamp.version) return
    const object = project ? project(raw) : (raw as unknown as T) // without a projection Raw is T
    const type = items.has(key) ? 'modified' : 'added'
    items.set(key, object)
    stamps.set(key, stamp)
    if (filled) onChange({ type, object })
  }
  const drop = (key: string): void => {
    const object = items.get(key)
    items.delete(key)
    stamps.delete(key)
    if (object !== undefined) onChange({ type: 'deleted', object })
  }
  return {
    items,
    put,
    remove: (raw) => drop(keyOf(raw)),
    replace(list) {
      const keep = new Set(list.map(keyOf))
      for (const key of [...items.keys()]) if (!keep.has(key)) drop(key)
      for (const raw of list) put(raw)
      filled = true
    },
  }
}

/** True when both are numbers and `a` is the smaller. Versions are decimal numbers of any length. */
export function isOlder(a: string, b: string): boolean {
  if (!/^\d+$/.test(a) || !/^\d+$/.test(b)) return false
  return a.length === b.length ? a < b : a.length < b.length
}
