/**
 * Keeps a local copy of a set of objects in step with the API server: paged list, then watch with bookmarks, and a new
 * list when the server's history no longer reaches back to the copy's version. One call runs until it is aborted.
 */
import { type Clock, type Random, sleep } from '../telemetry/clock.ts'
import { errorFromStatus, type StatusBody } from './answer.ts'
import type { Api, Call, KubeObject, Resource } from './api.ts'
import { type Backoff, createBackoff } from './backoff.ts'
import { describeCall } from './call.ts'
import { isKubeError, KubeError, type KubeErrorCode } from './errors.ts'
import { listObjects } from './objects.ts'
import { type Copy, isOlder, keyOf, Replica, type WatchChange } from './replica.ts'

export type { WatchChange } from './replica.ts'

export interface WatchState {
  /** True while the local copy follows the server. */
  readonly inSync: boolean
  /** When `inSync` changed last, in monotonic milliseconds. */
  readonly sinceMonotonic: number
  /** The error that broke it, or that a handler threw. */
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
  /** Keeps the needed fields of each object, page by page, so that memory stays small. */
  readonly project?: (object: Raw) => T
  /**
   * The whole set, keyed `name` or `namespace/name`, after each complete list. The first list makes no change calls;
   * later ones make one for each difference, before this. The map is the live copy and changes with later events.
   */
  onSync(items: ReadonlyMap<string, T>): void
  onChange(change: WatchChange<T>): void
  /** Called when `inSync` changes, and for every error. */
  onState?(state: WatchState): void
  readonly signal: AbortSignal
}

/** Silence after which a watch counts as dead: bookmarks come every 60 to 75 s, plus a margin. */
const silenceMs = 100_000
/** Deadline for the server's present version after a breakage, milliseconds. */
const probeTimeoutMs = 10_000
/** A watch that ends sooner than this without an event is no success, so the next one waits for the back-off. */
const shortWatchMs = 1_000
/** A list that expires sooner than this is repeated after a back-off: the server may expire every list. */
const freshListMs = 10_000
/** The server ends the watch after 5 to 10 minutes, so that load moves between its replicas. */
const watchSeconds = 300

/**
 * Runs until `signal` is aborted, then resolves. Survives every refusal and breakage of the server with a jittered
 * back-off of 0.25 s to 30 s (Retry-After is honoured), and handlers that throw: their error goes to `onState`.
 */
export function watchObjects<T extends KubeObject, Raw extends KubeObject = T>(
  options: WatchOptions<T, Raw>,
): Promise<void> {
  return new ListWatch<T, Raw>(options).run()
}

interface WatchEvent<Raw> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  readonly object: Raw
}

class ListWatch<T extends KubeObject, Raw extends KubeObject> {
  readonly #options: WatchOptions<T, Raw>
  readonly #watchCall: Call
  readonly #backoff: Backoff
  readonly #replica: Replica<T>
  /** The version at which the next watch starts; undefined asks for a list. */
  #version: string | undefined
  /** The server sends bookmarks for this resource, so silence means a dead connection. It sends none for Events. */
  #bookmarked = false
  /** The last exchange broke, so the server may have restarted with another history. */
  #inDoubt = false
  #listedAt = Number.NEGATIVE_INFINITY
  #state: WatchState

  constructor(options: WatchOptions<T, Raw>) {
    const { resource, namespace, random, clock } = options
    this.#options = options
    this.#watchCall = { verb: 'watch', resource, ...(namespace === undefined ? {} : { namespace }) }
    this.#backoff = createBackoff({ random })
    this.#replica = new Replica((change) => this.#guarded(() => options.onChange(change)))
    this.#state = { inSync: false, sinceMonotonic: clock.monotonic() }
  }

  async run(): Promise<void> {
    const { signal, clock } = this.#options
    while (!signal.aborted) {
      try {
        if (this.#inDoubt) await this.#checkHistory()
        if (this.#version === undefined) await this.#list()
        await this.#follow()
      } catch (cause) {
        if (signal.aborted) return
        const error = this.#asKubeError(cause)
        this.#report(false, error)
        if (error.code === 'NM_KUBE_EXPIRED') this.#startAnew()
        this.#inDoubt = this.#version !== undefined
        await sleep(clock, this.#backoff.next(error.detail.retryAfterMs), signal).catch(() => undefined)
      }
    }
  }

  /** Only the server's history is gone, so the list comes at once, unless the last list expired as soon. */
  #startAnew(): void {
    this.#version = undefined
    if (this.#options.clock.monotonic() - this.#listedAt > freshListMs) this.#backoff.reset()
  }

  async #list(): Promise<void> {
    const list = await listObjects<Copy<T>, Raw>(this.#options.api, this.#options.resource, {
      ...this.#scope(),
      project: (raw) => this.#copy(raw),
    })
    this.#replica.replace(list.items)
    this.#version = list.resourceVersion
    this.#listedAt = this.#options.clock.monotonic()
    this.#guarded(() => this.#options.onSync(this.#replica.items))
  }

  /**
   * Checks the server's version before a watch resumes after a breakage: a restored server counts from lower versions
   * and would keep a watch from a higher one silent. The check costs one small page.
   */
  async #checkHistory(): Promise<void> {
    const { api, resource, namespace, signal } = this.#options
    const page = await api.request<{ readonly metadata?: { readonly resourceVersion?: string } }>({
      verb: 'list',
      resource,
      ...(namespace === undefined ? {} : { namespace }),
      query: { limit: 1 },
      timeoutMs: probeTimeoutMs,
      signal,
    })
    const present = page.metadata?.resourceVersion
    if (present !== undefined && this.#version !== undefined && isOlder(present, this.#version)) {
      this.#version = undefined
    }
    this.#inDoubt = false
  }

  /** Follows one watch until the server ends it. */
  async #follow(): Promise<void> {
    const { api, clock, random, labelSelector, fieldSelector, signal } = this.#options
    const openedAt = clock.monotonic()
    let quiet = true
    const stream = api.stream<WatchEvent<Raw>>({
      ...this.#watchCall,
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
    try {
      for await (const event of stream) {
        this.#take(event)
        this.#report(true)
        this.#backoff.reset()
        quiet = false
      }
    } catch (error) {
      const onlySilent = isKubeError(error, 'NM_KUBE_TIMEOUT') && this.#state.inSync && !this.#bookmarked
      if (!onlySilent) throw error
      this.#inDoubt = true // silence is no error, but the server may be gone
      return
    }
    if (quiet && clock.monotonic() - openedAt < shortWatchMs) await sleep(clock, this.#backoff.next(), signal)
  }

  #take({ type, object }: WatchEvent<Raw>): void {
    if (type === 'ERROR') throw errorFromStatus(this.#watchCall, object as StatusBody) // then the object is a Status
    const version = object.metadata.resourceVersion
    if (version !== undefined && this.#version !== undefined && isOlder(version, this.#version)) {
      throw this.#error(
        'NM_KUBE_EXPIRED',
        `the server went back from version ${this.#version} to ${version}; listing again`,
      )
    }
    if (type === 'DELETED') this.#replica.remove(keyOf(object), this.#copy(object).object)
    else if (type === 'BOOKMARK') this.#bookmarked = true
    else this.#replica.put(this.#copy(object))
    this.#version = version ?? this.#version
  }

  #copy(raw: Raw): Copy<T> {
    const { project } = this.#options
    const { uid, resourceVersion: version } = raw.metadata
    // Without a projection Raw is T: the default of the type parameter.
    const object = project ? this.#guarded(() => project(raw)) : (raw as unknown as T)
    return { key: keyOf(raw), uid, version, object }
  }

  /** Calls a handler; its errors go to `onState` and do not stop the watch. */
  #guarded<R>(step: () => R): R | undefined {
    try {
      return step()
    } catch (cause) {
      const said = cause instanceof Error ? cause.message : String(cause)
      this.#report(
        this.#state.inSync,
        this.#error('NM_KUBE_HANDLER', `a handler of this program failed: ${said}`, cause),
      )
      return undefined
    }
  }

  #report(inSync: boolean, error?: KubeError): void {
    const moved = inSync !== this.#state.inSync
    if (!moved && error === undefined) return
    const sinceMonotonic = moved ? this.#options.clock.monotonic() : this.#state.sinceMonotonic
    this.#state = { inSync, sinceMonotonic, ...(error === undefined ? {} : { error }) }
    try {
      this.#options.onState?.(this.#state)
    } catch {
      // the error handler failed, and there is no other
    }
  }

  #scope(): { namespace?: string; labelSelector?: string; fieldSelector?: string; signal: AbortSignal } {
    const { namespace, labelSelector, fieldSelector, signal } = this.#options
    return {
      ...(namespace === undefined ? {} : { namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
      signal,
    }
  }

  #asKubeError(cause: unknown): KubeError {
    return cause instanceof KubeError
      ? cause
      : this.#error('NM_KUBE_ANSWER', `not a watch event: ${String(cause)}`, cause)
  }

  #error(code: KubeErrorCode, text: string, cause?: unknown): KubeError {
    const call = describeCall(this.#watchCall)
    return new KubeError(code, `${call}: ${text}`, { call, ...(cause === undefined ? {} : { cause }) })
  }
}
