/**
 * Writes notices as Events, the gravest first, then the oldest. An Event's name and content derive from its notice and
 * the write is an apply, so repeating a write changes nothing.
 */
import { type Api, events } from '../../kube/api.ts'
import { isKubeError } from '../../kube/errors.ts'
import { applyObject } from '../../kube/objects.ts'
import type { Cancel, Clock, Random } from '../../telemetry/clock.ts'
import type { Log } from '../../telemetry/log.ts'
import { severityRank } from '../lifecycle/settings.ts'
import type { Notice } from '../lifecycle/state.ts'
import { eventBody, eventRef } from './event-body.ts'
import { fieldManager } from './node-status.ts'
import { Outage } from './outage.ts'
import { isAbsent, retryAfter } from './retry.ts'

/**
 * Events written at once; then one every two seconds, which protects the API server in a storm. 50,000 faults in a
 * second give at most 288 Events: 32 at once and the 256 kept notices (`lifecycle/draft.ts`) within nine minutes, a
 * fatal one within two seconds. A thousand such nodes write 32,000 Events, then 500 a second. `status-writer.ts` writes
 * conditions independently, within some 20 ms.
 */
export const burst = 32
export const refillMs = 2_000
const timeoutMs = 10_000
/**
 * Number of tries for an Event that the server rejects as invalid, because the cause may be temporary (an admission
 * webhook, a proxy). Pauses double up to a minute across consecutive rejections, so a server that rejects everything
 * costs one Event in about four minutes, counted and logged.
 */
const mostRefusals = 5

export interface EventWriterOptions {
  readonly api: Api
  readonly node: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Notices to write, oldest first. */
  readonly notices: () => ReadonlyMap<string, Notice>
  readonly onWritten: (notice: Notice) => void
  /** Called after each try, with the error's code when it failed. */
  readonly onWrite: (code: string) => void
  /** Called when an Event is given up and will not be written. */
  readonly onGivenUp: (notice: Notice) => void
}

export class EventWriter {
  readonly #options: EventWriterOptions
  readonly #outage: Outage
  readonly #stop = new AbortController()
  #writing: Promise<void> | undefined
  #cancel: Cancel | undefined
  #failures = 0
  #refusals = 0
  /** The Event being rejected as invalid, and how often. */
  #invalid = { id: '', times: 0 }
  #tokens = burst
  #tokensAt = 0 // monotonic

  constructor(options: EventWriterOptions) {
    this.#options = options
    const rights = 'create and patch events in namespace default'
    this.#outage = new Outage({ ...options, what: 'cannot write an Event', rights })
  }

  /** Milliseconds since Events have been failing; 0 when the last write succeeded. */
  get blockedMs(): number {
    return this.#outage.lastsMs
  }

  /** Checks for notices to write, unless it is pausing after a failure. */
  changed(): void {
    if (this.#writing || this.#cancel || this.#stop.signal.aborted || this.#options.notices().size === 0) return
    this.#start()
  }

  /** Writes what it can within `ms`, then stops. */
  async stop(ms: number): Promise<void> {
    this.#rest()
    const giveUp = this.#options.clock.after(ms, () => this.#stop.abort())
    if (!this.#writing && this.#failures === 0) this.changed()
    await this.#writing
    giveUp()
    this.#rest()
    this.#stop.abort()
  }

  #rest(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #start(): void {
    this.#writing = this.#writeAll().finally(() => {
      this.#writing = undefined
    })
  }

  #after(ms: number): void {
    if (this.#stop.signal.aborted) return
    this.#cancel = this.#options.clock.after(ms, () => {
      this.#cancel = undefined
      this.#start()
    })
  }

  async #writeAll(): Promise<void> {
    for (let notice = this.#next(); notice; notice = this.#next()) {
      if (this.#stop.signal.aborted) return
      if (!this.#takeToken()) {
        this.#after(refillMs)
        return
      }
      try {
        await this.#write(notice)
      } catch (error) {
        if (this.#stop.signal.aborted) return
        this.#fail(notice, error)
        return
      }
    }
  }

  #next(): Notice | undefined {
    let next: Notice | undefined
    for (const notice of this.#options.notices().values()) {
      if (!next || severityRank[notice.severity] > severityRank[next.severity]) next = notice
    }
    return next
  }

  async #write(notice: Notice): Promise<void> {
    const { api, node, onWritten, onWrite } = this.#options
    await applyObject(api, events, eventRef(node, notice), eventBody(node, notice), {
      fieldManager,
      force: true,
      metadataOnly: true,
      timeoutMs,
      signal: this.#stop.signal,
    })
    onWrite('ok')
    this.#outage.worked()
    this.#failures = 0
    this.#refusals = 0
    onWritten(notice)
  }

  #fail(notice: Notice, error: unknown): void {
    const { random, onWrite } = this.#options
    onWrite(isKubeError(error) ? error.code : 'NM_KUBE_ANSWER')
    this.#refusals = isAbsent(error) ? 0 : this.#refusals + 1
    this.#failures++
    this.#outage.failed(error)
    if (isKubeError(error, 'NM_KUBE_INVALID')) this.#refused(notice, error)
    this.#after(retryAfter(error, { urgent: true, refusals: this.#refusals, failures: this.#failures }, random))
  }

  #refused(notice: Notice, error: unknown): void {
    const { id, severity, condition: conditionType, reason, message, count } = notice
    this.#invalid = { id, times: this.#invalid.id === id ? this.#invalid.times + 1 : 1 }
    if (this.#invalid.times < mostRefusals) return
    const { log, node, onWritten, onGivenUp } = this.#options
    const lost = { event: id, severity, conditionType, reason, message, count }
    log.error('giving up an Event: the API server rejects it', { node, ...lost, tries: mostRefusals, error })
    onGivenUp(notice)
    onWritten(notice)
  }

  #takeToken(): boolean {
    const now = this.#options.clock.monotonic()
    this.#tokens = Math.min(burst, this.#tokens + (now - this.#tokensAt) / refillMs)
    this.#tokensAt = now
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }
}
