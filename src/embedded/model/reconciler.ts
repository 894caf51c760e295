/**
 * The loop of a modelled controller: changes of some kinds wake it, it reads them, and it writes through the operations
 * of an API client. All timers are on the cluster's clock, so that a stepped clock repeats a run.
 */
import type { Cancel } from '../../telemetry/clock.ts'
import { type Cluster, type ObjectAddress, plainWrite } from '../cluster.ts'
import { type DeleteOptions, deleteObject, plainDelete } from '../delete.ts'
import { ApiFailure } from '../failure.ts'
import type { ApiObject, Json } from '../json.ts'
import { type ServedKind, storageKey } from '../kinds.ts'
import { objectKey } from '../store.ts'
import { createObject, storeUpdate } from '../write.ts'

/** A running model. */
export interface Model {
  /** Ends the model and its timers. Further calls do nothing. */
  stop(): void
}

/** The changes since the last reading; `all` when the history no longer holds them. */
export interface Changes {
  readonly all: boolean
  /** The objects that changed, newest state, removed ones included; in order of change. */
  readonly objects: readonly ApiObject[]
}

/** Reads the changes of one kind, from the present on; the first reading is `all`. */
export class ChangeFeed {
  readonly #cluster: Cluster
  readonly #key: string
  #position: number | undefined

  constructor(cluster: Cluster, kind: ServedKind) {
    this.#cluster = cluster
    this.#key = storageKey(kind)
  }

  read(): Changes {
    const { store } = this.#cluster
    const end = store.end(this.#key)
    const latest = new Map<string, ApiObject>()
    let all = this.#position === undefined
    for (let position = this.#position ?? end; position < end && !all; position++) {
      const event = store.eventAt(this.#key, position)
      if (event === undefined || event === 'dropped') all = true
      else latest.set(event.object.metadata.uid ?? '', event.object)
    }
    this.#position = end
    return { all, objects: all ? store.list(this.#key) : [...latest.values()] }
  }
}

/** Runs `work` once after changes of `kinds`, and on `wake`; never twice at one instant. */
export class Reconciler implements Model {
  readonly #cluster: Cluster
  readonly #work: () => void
  readonly #ends: (() => void)[]
  #due: { readonly at: number; readonly cancel: Cancel } | undefined
  #stopped = false

  constructor(cluster: Cluster, kinds: readonly ServedKind[], work: () => void) {
    this.#cluster = cluster
    this.#work = work
    this.#ends = kinds.map((kind) => cluster.store.subscribe(storageKey(kind), () => this.wake(0)))
    this.wake(0)
  }

  /** Runs the work in `ms`, or earlier when an earlier wake is due. */
  wake(ms: number): void {
    const at = this.#cluster.clock.monotonic() + ms
    if (this.#stopped || (this.#due && this.#due.at <= at)) return
    this.#due?.cancel()
    const cancel = this.#cluster.clock.after(ms, () => {
      this.#due = undefined
      this.#work()
    })
    this.#due = { at, cancel }
  }

  stop(): void {
    this.#stopped = true
    this.#due?.cancel()
    this.#due = undefined
    for (const end of this.#ends.splice(0)) end()
  }
}

/** Several models as one. */
export function together(...models: readonly Model[]): Model {
  return {
    stop() {
      for (const model of models) model.stop()
    },
  }
}

/** A controller's client: writes as `manager`, and ignores refusals, because the next change wakes the controller again. */
export class ModelClient {
  readonly #cluster: Cluster
  readonly #manager: string

  constructor(cluster: Cluster, manager: string) {
    this.#cluster = cluster
    this.#manager = manager
  }

  /** The object as stored; undefined when there is none. */
  get(kind: ServedKind, name: string, namespace?: string): ApiObject | undefined {
    return this.#cluster.store.get(storageKey(kind), objectKey(namespace, name))
  }

  list(kind: ServedKind, namespace?: string): readonly ApiObject[] {
    return this.#cluster.store.list(storageKey(kind), namespace)
  }

  /** Creates an object; undefined when the server refuses it (a taken name, a terminating namespace, an invalid template). */
  create(kind: ServedKind, body: Json, namespace?: string): ApiObject | undefined {
    return attempt(() => createObject(this.#cluster, kind, namespace, body, this.#options()).object)
  }

  /** Writes what `edit` makes of the stored object; undefined from `edit` leaves it alone. */
  update(address: ObjectAddress, edit: (live: ApiObject) => ApiObject | undefined): ApiObject | undefined {
    const live = this.get(address.kind, address.name, address.namespace)
    const next = live && edit(live)
    if (!live || !next || next === live) return live
    return attempt(() => storeUpdate(this.#cluster, address, live, next, this.#options()).object)
  }

  delete(address: ObjectAddress, options: Partial<DeleteOptions> = {}): void {
    attempt(() => deleteObject(this.#cluster, address, { ...plainDelete, ...options }))
  }

  #options(): typeof plainWrite {
    return { ...plainWrite, manager: this.#manager }
  }
}

function attempt<T>(write: () => T): T | undefined {
  try {
    return write()
  } catch (error) {
    if (error instanceof ApiFailure) return undefined // refused: the next change wakes the controller again
    throw error
  }
}

/** The address of a stored object, for a {@link ModelClient}. */
export function addressOf(kind: ServedKind, object: ApiObject, subresource = ''): ObjectAddress {
  return { kind, namespace: object.metadata.namespace, name: object.metadata.name, subresource }
}
