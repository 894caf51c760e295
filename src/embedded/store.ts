/**
 * Objects, resource versions and the bounded history that watches and old lists read. A watcher holds a position in
 * the history instead of a queue, so that a slow reader costs no memory and one that fell behind lists again.
 */
import type { ApiObject } from './json.ts'

export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly revision: number
  readonly object: ApiObject
  /** The object before the change, so that a selector knows whether it matched before. */
  readonly previous?: ApiObject
}

export interface StoreOptions {
  /** Events kept per kind. Older positions answer 410. */
  readonly historySize?: number
}

const defaultHistorySize = 8_192

interface Shelf {
  readonly objects: Map<string, ApiObject>
  /** Keys in the order etcd lists them. */
  readonly order: string[]
  readonly events: StoreEvent[]
  /** Position of `events[0]`, counted from the first event of the store. */
  dropped: number
  /** Revision of the newest event that was dropped. */
  compacted: number
  readonly listeners: Set<() => void>
}

/** `namespace/name`, or `/name` for a cluster-scoped object: keys sort as etcd's do. */
export function objectKey(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`
}

/** The state of the server. A store may outlive its HTTP server, as etcd outlives a kube-apiserver. */
export class Store {
  readonly #shelves = new Map<string, Shelf>()
  readonly #historySize: number
  #revision = 1

  constructor(options: StoreOptions = {}) {
    this.#historySize = options.historySize ?? defaultHistorySize
  }

  /** The resource version of the newest write of any kind. */
  get revision(): number {
    return this.#revision
  }

  get(kind: string, key: string): ApiObject | undefined {
    return this.#shelf(kind).objects.get(key)
  }

  /** The objects of a kind in key order, in one namespace when given. */
  list(kind: string, namespace?: string): readonly ApiObject[] {
    const { objects, order } = this.#shelf(kind)
    const from = namespace === undefined ? 0 : lowerBound(order, `${namespace}/`)
    const to = namespace === undefined ? order.length : lowerBound(order, `${namespace}0`) // '0' follows '/'
    const out: ApiObject[] = []
    for (let index = from; index < to; index++) {
      const object = objects.get(order[index] ?? '')
      if (object) out.push(object)
    }
    return out
  }

  size(kind: string): number {
    return this.#shelf(kind).order.length
  }

  /** Writes an object, giving it the next resource version, and returns it as stored. */
  put(kind: string, object: ApiObject): ApiObject {
    const shelf = this.#shelf(kind)
    const key = objectKey(object.metadata.namespace, object.metadata.name)
    const previous = shelf.objects.get(key)
    const revision = ++this.#revision
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } }
    if (!previous) shelf.order.splice(lowerBound(shelf.order, key), 0, key)
    shelf.objects.set(key, stored)
    this.#append(shelf, {
      type: previous ? 'MODIFIED' : 'ADDED',
      revision,
      object: stored,
      ...(previous && { previous }),
    })
    return stored
  }

  /** Removes an object and returns it with the resource version of its removal. */
  remove(kind: string, key: string): ApiObject | undefined {
    const shelf = this.#shelf(kind)
    const previous = shelf.objects.get(key)
    if (!previous) return undefined
    const revision = ++this.#revision
    shelf.objects.delete(key)
    shelf.order.splice(lowerBound(shelf.order, key), 1)
    const object = { ...previous, metadata: { ...previous.metadata, resourceVersion: String(revision) } }
    this.#append(shelf, { type: 'DELETED', revision, object, previous })
    return object
  }

  /** Position just behind the newest event of a kind. */
  end(kind: string): number {
    const shelf = this.#shelf(kind)
    return shelf.dropped + shelf.events.length
  }

  /** Position of the first event after `revision`; undefined when events after it were dropped. */
  positionAfter(kind: string, revision: number): number | undefined {
    const shelf = this.#shelf(kind)
    if (revision < shelf.compacted) return undefined
    let low = 0
    let high = shelf.events.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((shelf.events[middle]?.revision ?? 0) <= revision) low = middle + 1
      else high = middle
    }
    return shelf.dropped + low
  }

  /** The event at a position; 'dropped' when the history no longer holds it, undefined when it is in the future. */
  eventAt(kind: string, position: number): StoreEvent | 'dropped' | undefined {
    const shelf = this.#shelf(kind)
    return position < shelf.dropped ? 'dropped' : shelf.events[position - shelf.dropped]
  }

  /** The oldest revision that a watch or an exact list of the kind can still start from. */
  oldest(kind: string): number {
    return this.#shelf(kind).compacted
  }

  /** Drops all history, as etcd's compaction does. Every older position then answers 410. */
  compact(): void {
    for (const shelf of this.#shelves.values()) this.#drop(shelf, shelf.events.length)
  }

  /** Calls `listener` after every change of the kind; returns a function that stops it. */
  subscribe(kind: string, listener: () => void): () => void {
    const { listeners } = this.#shelf(kind)
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  #append(shelf: Shelf, event: StoreEvent): void {
    shelf.events.push(event)
    // Dropping in chunks keeps the cost of a write constant.
    if (shelf.events.length > this.#historySize * 1.25) this.#drop(shelf, shelf.events.length - this.#historySize)
    for (const listener of [...shelf.listeners]) listener()
  }

  #drop(shelf: Shelf, count: number): void {
    const last = shelf.events[count - 1]
    if (last) shelf.compacted = last.revision
    shelf.events.splice(0, count)
    shelf.dropped += count
  }

  #shelf(kind: string): Shelf {
    let shelf = this.#shelves.get(kind)
    if (!shelf) {
      shelf = { objects: new Map(), order: [], events: [], dropped: 0, compacted: 0, listeners: new Set() }
      this.#shelves.set(kind, shelf)
    }
    return shelf
  }
}

function lowerBound(order: readonly string[], key: string): number {
  let low = 0
  let high = order.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((order[middle] ?? '') < key) low = middle + 1
    else high = middle
  }
  return low
}
