/**
 * The queue of Events to write. It counts the occurrences of one series (same object, type, reason, message) together. A
 * key over its limit waits as one combined series and never delays another key.
 */
import type { Clock } from '../../telemetry/clock.ts'

export interface Regarding {
  readonly kind: string
  readonly name: string
  /** A Node may leave it out: Events about nodes carry the node's name here, as kubelet's do. */
  readonly uid?: string
  readonly namespace?: string
  readonly apiVersion?: string
}

export interface Occurrence {
  readonly regarding: Regarding
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
  /** Occurrences with one key share a burst limit; e.g. the rule's name. Default: the reason. */
  readonly key?: string
}

/** One series with its occurrences that are not written yet. */
export interface Entry {
  readonly series: string
  readonly limit: string
  occurrence: Occurrence
  count: number
  /** Wall-clock milliseconds of the first and the newest occurrence. */
  readonly firstAt: number
  lastAt: number
  /** True when it needs a token of its key before it may be written. */
  held: boolean
  /** Name of the Event once the recorder has sent one, so that a lost answer does not make a second. */
  name?: string
  refusals: number
}

export interface EventQueueOptions {
  readonly clock: Clock
  readonly maxWaiting: number
  /** True when the series has an Event on the server that is only counted up. */
  readonly isKnown: (series: string) => boolean
}

/** Writes of one key at once, then one per minute, so that a noisy rule does not hide the others. */
const burst = 10
const refillMs = 60_000
const maxBuckets = 500

export class EventQueue {
  readonly #options: EventQueueOptions
  readonly #waiting = new Map<string, Entry>()
  /** Per key: the monotonic time when its bucket is full again. */
  readonly #buckets = new Map<string, number>()
  #dropped = 0

  constructor(options: EventQueueOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#waiting.size
  }

  /** Occurrences dropped so far. */
  get dropped(): number {
    return this.#dropped
  }

  add(occurrence: Occurrence): void {
    const now = this.#options.clock.now()
    const limit = `${objectText(occurrence.regarding)} ${occurrence.key ?? occurrence.reason}`
    const series = seriesOf(occurrence, occurrence.message)
    const entry: Entry = { series, limit, occurrence, count: 1, firstAt: now, lastAt: now, held: true, refusals: 0 }
    if (this.#waiting.has(series)) this.putBack(entry)
    else if (this.#spend(limit)) this.putBack({ ...entry, held: false })
    else this.putBack(this.#options.isKnown(series) ? entry : folded(entry))
  }

  /** The oldest entry that may be written now; it leaves the queue. */
  take(): Entry | undefined {
    for (const entry of this.#waiting.values()) {
      if (entry.held && !this.#spend(entry.limit)) continue
      this.#waiting.delete(entry.series)
      return entry
    }
    return undefined
  }

  /** Puts an entry back and joins it with newer occurrences of its series. The entry keeps its token. */
  putBack(entry: Entry): void {
    const newer = this.#waiting.get(entry.series)
    if (newer) {
      this.#waiting.set(entry.series, joined(newer, entry))
      return
    }
    if (this.#waiting.size >= this.#options.maxWaiting) this.#makeRoom()
    this.#waiting.set(entry.series, entry)
  }

  drop(entry: Entry): void {
    this.#dropped += entry.count
  }

  clear(): void {
    for (const entry of this.#waiting.values()) this.drop(entry)
    this.#waiting.clear()
  }

  /** Milliseconds until {@link take} has something; undefined when nothing waits. */
  nextInMs(): number | undefined {
    let soonest: number | undefined
    for (const entry of this.#waiting.values()) {
      const wait = entry.held ? this.#tokenInMs(entry.limit) : 0
      if (soonest === undefined || wait < soonest) soonest = wait
    }
    return soonest
  }

  /** Folds the oldest entry whose key has another entry; drops the oldest entry when no key has two. */
  #makeRoom(): void {
    const seen = new Set<string>()
    const repeated = new Set<string>()
    for (const { limit } of this.#waiting.values()) (seen.has(limit) ? repeated : seen).add(limit)
    for (const entry of this.#waiting.values()) {
      const into = folded(entry)
      const sent = entry.name !== undefined // the server may have stored it, and folding would count it twice
      if (sent || !repeated.has(entry.limit) || entry.series === into.series) continue
      this.#waiting.delete(entry.series)
      const room = this.#waiting.get(into.series)
      if (!room) {
        this.#waiting.set(into.series, into)
        continue // the first fold of a key frees nothing yet
      }
      this.#waiting.set(into.series, joined(room, into))
      return
    }
    const [oldest] = this.#waiting.values()
    if (!oldest) return
    this.#waiting.delete(oldest.series)
    this.drop(oldest)
  }

  /** Takes a token of the key, if it has one. */
  #spend(limit: string): boolean {
    if (this.#tokenInMs(limit) > 0) return false
    const now = this.#options.clock.monotonic()
    const fullAt = Math.max(this.#buckets.get(limit) ?? 0, now) + refillMs
    this.#buckets.delete(limit)
    this.#buckets.set(limit, fullAt)
    const [oldest] = this.#buckets.keys()
    if (this.#buckets.size > maxBuckets && oldest !== undefined) this.#buckets.delete(oldest)
    return true
  }

  /** Whole milliseconds until the key has a token, rounded up so that a timer never fires before it; 0 when it has one. */
  #tokenInMs(limit: string): number {
    const fullAt = this.#buckets.get(limit) ?? 0
    return Math.max(0, Math.ceil(fullAt - (burst - 1) * refillMs - this.#options.clock.monotonic()))
  }
}

/** The entry as part of the series that combines everything of its key over the limit. */
function folded(entry: Entry): Entry {
  const { name: _written, ...rest } = entry
  const message = `(combined from similar events) ${entry.occurrence.message.replace(/^\(combined from similar events\) /, '')}`
  return {
    ...rest,
    series: seriesOf(entry.occurrence, `\0${entry.limit}`),
    occurrence: { ...entry.occurrence, message },
    held: true,
  }
}

function joined(a: Entry, b: Entry): Entry {
  const newest = a.lastAt > b.lastAt ? a : b
  const name = a.name ?? b.name
  return {
    ...newest,
    count: a.count + b.count,
    firstAt: Math.min(a.firstAt, b.firstAt),
    held: a.held && b.held,
    refusals: Math.max(a.refusals, b.refusals),
    ...(name === undefined ? {} : { name }),
  }
}

function objectText({ kind, namespace = '', name, uid = '' }: Regarding): string {
  return `${kind}/${namespace}/${name}/${uid}`
}

function seriesOf(occurrence: Occurrence, message: string): string {
  return `${objectText(occurrence.regarding)} ${occurrence.type} ${occurrence.reason} ${message}`
}
