/**
 * Keeps a local copy of a set of objects in step with the API server: paged list, then watch with bookmarks, and a new
 * list when the server's history no longer reaches back to where we were. One call runs until it is aborted.
 */
import { type Clock, type Random, sleep } from '../telemetry/clock.ts'
import { errorFromStatus, type StatusBody } from './answer.ts'
import type { Api, Call, KubeObject, Resource } from './api.ts'
import { type Backoff, createBackoff } from './backoff.ts'
import { describeCall } from './call.ts'
import { isKubeError, KubeError } from './errors.ts'
import { listObjects, type ObjectList } from './objects.ts'
import { createReplica, isOlder, type Replica, type WatchChange } from './replica.ts'

export type { WatchChange } from './replica.ts'

export interface WatchState {
  /** True while the local copy follows the server. */
  readonly inSync: boolean
  /** Since when, on the clock's monotonic time. */
  readonly sinceMonotonic: number
  /** What broke it, or what a handler threw. */
  readonly error?: KubeError
}

export interface WatchOptions<T extends KubeObject, Raw extends KubeObject = T> {
  readonly api: Api
  readonly clock: Clock
  readonly random: Random
  readonly resource: Resource
  /** All namespaces when absent. */
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  /** Keeps of each object what is needed. `metadata` should keep name, namespace, uid and resourceVersion. */
  readonly project?: (object: Raw) => T
  /**
   * The whole set, keyed `name` or `namespace/name`, after each complete list: the first one without a change call per
   * object, later ones after a call for each difference. The map is the live copy: it moves on with later changes.
   */
  onSync(items: ReadonlyMap<string, T>): void
  onChange(change: WatchChange<T>): void
  onState?(state: WatchState): void
  readonly signal: AbortSignal
}

/** Silence after which a watch is taken for dead: bookmarks come every 60 to 75 s, plus a margin. */
const silenceMs = 100_000
/** A watch that ends sooner than this is not counted as a success: a server that hangs up at once is not asked at once. */
const shortWatchMs = 1_000
/** The server is asked to end the watch after 5 to 10 minutes, so that load moves between its replicas. */
const watchSeconds = 300

/**
 * Runs until `signal` is aborted, then resolves. Survives every refusal and breakage of the server with a jittered
 * back-off of 0.25 s to 30 s (Retry-After is honoured), and handlers that throw: their error goes to `onState`.
 */
export async function watchObjects<T extends KubeObject, Raw extends KubeObject = T>(
  options: WatchOptions<T, Raw>,
): Promise<void> {
  const watch = new ListWatch<T, Raw>(options)
  await watch.run()
}

interface WatchEvent<Raw> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  readonly object: Raw
}

class ListWatch<T extends KubeObject, Raw extends KubeObject> {
  readonly #options: WatchOptions<T, Raw>
  readonly #call: Call
  readonly #backoff: Backoff
  readonly #replica: Replica<T, Raw>
  /** Where the next watch starts; undefined asks for a list. */
  #version: string | undefined
  #state: WatchState

  constructor(options: WatchOptions<T, Raw>) {
    const { resource, namespace, random, clock } = options
    this.#options = options
    this.#call = { verb: 'watch', resource, ...(namespace === undefined ? {} : { namespace }) }
    this.#backoff = createBackoff({ random })
    this.#replica = createReplica<T, Raw>(options.project, (change) => this.#tell(() => options.onChange(change)))
    this.#state = { inSync: false, sinceMonotonic: clock.monotonic() }
  }

  async run(): Promise<void> {
    const { signal, clock } = this.#options
    while (!signal.aborted) {
      try {
        if (this.#version === undefined) await this.#list()
        await this.#follow()
      } catch (error) {
        if (signal.aborted) return
        const broken = this.#asKubeError(error)
        this.#report(false, broken)
        if (isKubeError(broken, 'NM_KUBE_EXPIRED')) this.#version = undefined
        await sleep(clock, this.#backoff.next(broken.detail.retryAfterMs), signal).catch(() => undefined)
      }
    }
  }

  async #list(): Promise<void> {
    const { api, resource, namespace, labelSelector, fieldSelector, signal } = this.#options
    const list: ObjectList<Raw | T> = await listObjects(api, resource, {
      ...(namespace === undefined ? {} : { namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
      signal,
    })
    this.#replica.replace(list.items as readonly Raw[])
    this.#version = list.resourceVersion
    this.#tell(() => this.#options.onSync(this.#replica.items))
  }

  async #follow(): Promise<void> {
    const { api, clock, random, labelSelector, fieldSelector, signal } = this.#options
    const started = clock.monotonic()
    const stream = api.stream<WatchEvent<Raw>>({
      ...this.#call,
      query: {
        watch: true,
        allowWatchBookmarks: true,
        resourceVersion: this.#version,
        timeoutSeconds: Math.round(watchSeconds * (1 + random())),
        labelSelector,
        fieldSelector,
      },
      timeoutMs: silenceMs,
      onOpen: () => this.#report(true),
      signal,
    })
    for await (const event of stream) {
      this.#report(true)
      this.#backoff.reset()
      this.#take(event)
    }
    if (clock.monotonic() - started < shortWatchMs) await sleep(clock, this.#backoff.next(), signal)
  }

  #take(event: WatchEvent<Raw>): void {
    if (event.type === 'ERROR') throw errorFromStatus(this.#call, event.object as StatusBody) // its object is a Status
    const version = event.object.metadata.resourceVersion ?? this.#version
    if (version !== undefined && this.#version !== undefined && isOlder(version, this.#version)) {
      throw this.#wentBack(version)
    }
    if (event.type === 'DELETED') this.#replica.remove(event.object)
    else if (event.type !== 'BOOKMARK') this.#replica.put(event.object)
    this.#version = version
  }

  /** The server counts from lower numbers than before: it was restored or restarted, and its history is another one. */
  #wentBack(version: string): KubeError {
    const name = describeCall(this.#call)
    const text = `${name}: the server went back from version ${this.#version} to ${version}; listing again`
    return new KubeError('NM_KUBE_EXPIRED', text, { call: name })
  }

  /** Calls a handler of the caller; what it throws is reported and does not stop the watch. */
  #tell(handler: () => void): void {
    try {
      handler()
    } catch (cause) {
      const name = describeCall(this.#call)
      const text = `${name}: a handler of this program failed: ${cause instanceof Error ? cause.message : String(cause)}`
      this.#report(this.#state.inSync, new KubeError('NM_KUBE_HANDLER', text, { call: name, cause }))
    }
  }

  #report(inSync: boolean, error?: KubeError): void {
    if (inSync === this.#state.inSync && error === undefined) return
    const sinceMonotonic = inSync === this.#state.inSync ? this.#state.sinceMonotonic : this.#options.clock.monotonic()
    this.#state = { inSync, sinceMonotonic, ...(error === undefined ? {} : { error }) }
    try {
      this.#options.onState?.(this.#state)
    } catch {
      // nobody is left to tell
    }
  }

  #asKubeError(error: unknown): KubeError {
    if (error instanceof KubeError) return error
    const name = describeCall(this.#call)
    return new KubeError('NM_KUBE_ANSWER', `${name}: ${String(error)}`, { call: name, cause: error })
  }
}
