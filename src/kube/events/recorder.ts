/** core/v1 Events: counted when they repeat, limited per key, kept while the API server is away. */
import type { Cancel, Clock, Random } from '../../telemetry/clock.ts'
import { rfc3339Seconds } from '../../telemetry/rfc3339.ts'
import { type Api, events, type KubeObject } from '../api.ts'
import { type Backoff, createBackoff } from '../backoff.ts'
import { isKubeError, type KubeError } from '../errors.ts'
import { createObject, patchObject } from '../objects.ts'
import { type Entry, EventQueue, type Occurrence } from './queue.ts'

export interface EventRecorderOptions {
  readonly api: Api
  readonly clock: Clock
  readonly random: Random
  readonly component: string
  /** Node name, or the host that reports. */
  readonly host: string
  /** Where Events about cluster-scoped objects go. Default `default`. */
  readonly namespace?: string
  /** Receives the error of each failed write; the recorder repeats what may succeed later. */
  readonly onError?: (error: unknown) => void
}

export interface EventRecorder {
  /** Takes an Event; never throws and never waits. */
  record(occurrence: Occurrence): void
  /** Writes now instead of after the back-off, for callers whose own call has just succeeded. Resolves after one try of each entry. */
  flush(): Promise<void>
  /** Series that still wait to be written. */
  readonly pending: number
  /** Occurrences that the recorder dropped: the queue was full, or the server refused them. */
  readonly dropped: number
  /** Stops writing and drops the queue. */
  stop(): void
}

/** Entries in the queue at most: about 1 MB. */
const maxWaiting = 1_000
/** Events on the server that the recorder counts up, and for how long: less than servers keep Events. */
const maxKnown = 500
const knownMs = 1_800_000
/** Tries of a write that the server refuses (RBAC, a terminating namespace) before the recorder drops it. */
const maxRefusals = 5
const writeTimeoutMs = 10_000
/** The API's limit for the note of an Event. */
const maxMessage = 1_024

interface Known {
  readonly name: string
  readonly count: number
  readonly atMonotonic: number
}

/** Starts nothing until the first `record`; then one write at a time. */
export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  return new Recorder(options)
}

class Recorder implements EventRecorder {
  readonly #options: EventRecorderOptions
  readonly #queue: EventQueue
  readonly #known = new Map<string, Known>()
  readonly #backoff: Backoff
  readonly #stop = new AbortController()
  #pass: Promise<void> | undefined
  /** True during a back-off, which a new occurrence does not shorten. */
  #backingOff = false
  #cancelWake: Cancel | undefined
  #names = 0

  constructor(options: EventRecorderOptions) {
    const { clock, random } = options
    this.#options = options
    this.#backoff = createBackoff({ random, firstMs: 500 })
    this.#queue = new EventQueue({ clock, maxWaiting, isKnown: (series) => this.#knownNow(series) !== undefined })
  }

  get pending(): number {
    return this.#queue.size
  }

  get dropped(): number {
    return this.#queue.dropped
  }

  record(occurrence: Occurrence): void {
    if (this.#stop.signal.aborted) return
    this.#queue.add({ ...occurrence, message: occurrence.message.slice(0, maxMessage) })
    if (!this.#pass && !this.#backingOff) this.#wakeIn(this.#queue.nextInMs())
  }

  async flush(): Promise<void> {
    await this.#pass
    if (!this.#stop.signal.aborted && this.#queue.size > 0) await this.#start()
  }

  stop(): void {
    this.#stop.abort()
    this.#cancelWake?.()
    this.#queue.clear()
  }

  #wakeIn(ms: number | undefined): void {
    this.#cancelWake?.()
    this.#cancelWake = undefined
    if (ms === 0) void this.#start()
    else if (ms !== undefined) this.#cancelWake = this.#options.clock.after(ms, () => void this.#start())
  }

  /** Writes every entry that may be written now, then sleeps until more may be. */
  #start(): Promise<void> {
    this.#cancelWake?.()
    this.#cancelWake = undefined
    const pass = this.#writeAll().then((broken) => {
      this.#pass = undefined
      this.#backingOff = broken !== undefined
      if (this.#stop.signal.aborted) return
      this.#wakeIn(broken ? this.#backoff.next(broken.detail.retryAfterMs) : this.#queue.nextInMs())
    })
    this.#pass = pass
    return pass
  }

  /** Writes until no entry is ready or a write fails; returns that failure. */
  async #writeAll(): Promise<KubeError | undefined> {
    for (let entry = this.#queue.take(); entry; entry = this.#queue.take()) {
      try {
        await this.#write(entry)
        this.#backoff.reset()
      } catch (error) {
        if (this.#stop.signal.aborted) return undefined
        this.#options.onError?.(error)
        const final = !isKubeError(error) || (isRefusal(error) && ++entry.refusals >= maxRefusals)
        if (final) this.#queue.drop(entry)
        else this.#queue.putBack(entry)
        if (isKubeError(error)) return error
      }
    }
    return undefined
  }

  async #write(entry: Entry): Promise<void> {
    const known = this.#knownNow(entry.series)
    let name = known?.name ?? entry.name
    const count = (known?.count ?? 0) + entry.count
    if (name === undefined || !(await this.#countUp(entry, name, count))) {
      name = `${entry.occurrence.regarding.name}.${this.#suffix()}`
      entry.name = name // kept for a retry: if only the answer is lost, the next try counts up instead of writing twice
      await this.#create(entry, name, count)
    }
    this.#known.delete(entry.series)
    this.#known.set(entry.series, { name, count, atMonotonic: this.#options.clock.monotonic() })
    const [oldest] = this.#known.keys()
    if (this.#known.size > maxKnown && oldest !== undefined) this.#known.delete(oldest)
  }

  /** False when the Event is no longer (or not yet) there. */
  async #countUp(entry: Entry, name: string, count: number): Promise<boolean> {
    const ref = { namespace: this.#namespaceOf(entry), name }
    const patch = { count, lastTimestamp: rfc3339Seconds(entry.lastAt), message: entry.occurrence.message }
    try {
      await patchObject(this.#options.api, events, ref, patch, { type: 'merge', ...this.#limits() })
      return true
    } catch (error) {
      if (isKubeError(error, 'NM_KUBE_NOT_FOUND')) return false
      throw error
    }
  }

  #create(entry: Entry, name: string, count: number): Promise<KubeObject> {
    const { component, host } = this.#options
    const { regarding, type, reason, message } = entry.occurrence
    const uid = regarding.uid ?? (regarding.kind === 'Node' ? regarding.name : undefined)
    const body = {
      metadata: { name, namespace: this.#namespaceOf(entry) },
      involvedObject: { apiVersion: 'v1', ...regarding, ...(uid === undefined ? {} : { uid }) },
      type,
      reason,
      message,
      count,
      firstTimestamp: rfc3339Seconds(entry.firstAt),
      lastTimestamp: rfc3339Seconds(entry.lastAt),
      source: { component, host },
      reportingComponent: component,
      reportingInstance: host,
    }
    return createObject(this.#options.api, events, body, this.#limits())
  }

  #knownNow(series: string): Known | undefined {
    const known = this.#known.get(series)
    return known && this.#options.clock.monotonic() - known.atMonotonic < knownMs ? known : undefined
  }

  #namespaceOf(entry: Entry): string {
    return entry.occurrence.regarding.namespace ?? this.#options.namespace ?? 'default'
  }

  /** Unique among all recorders: the time, this recorder's count, and a random part. */
  #suffix(): string {
    const { clock, random } = this.#options
    this.#names = (this.#names + 1) % 0x10000
    const parts = [clock.now(), this.#names, Math.floor(random() * 0x10000)]
    return parts.map((part) => part.toString(16).padStart(4, '0')).join('')
  }

  #limits(): { readonly timeoutMs: number; readonly signal: AbortSignal } {
    return { timeoutMs: writeTimeoutMs, signal: this.#stop.signal }
  }
}

/** A refusal that a retry hardly changes: endless tries would delay other Events. */
function isRefusal(error: KubeError): boolean {
  return isKubeError(error, 'NM_KUBE_FORBIDDEN', 'NM_KUBE_INVALID', 'NM_KUBE_NOT_FOUND', 'NM_KUBE_EXISTS')
}
