/**
 * Tells the notices of the life cycle as Events, the gravest first, then the oldest. An Event's name and content follow from its notice, and
 * the write is an apply, so a write whose answer was lost, or that a killed agent repeats, changes nothing.
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
 * Events in one go, and how long until there is room for one more: a storm is told slowly, the API server is spared.
 * 50,000 faults in a second are at most 288 Events: 32 at once, and the 256 notices that are kept (`lifecycle/draft.ts`)
 * at half an Event a second, the gravest first, so a fatal one within two seconds and the last after nine minutes. A
 * thousand nodes in the same storm are 32,000 Events and then 500 a second. Conditions do not wait behind Events: they are
 * written by `status-writer.ts`, within some 20 ms.
 */
export const burst = 32
export const refillMs = 2_000
const timeoutMs = 10_000
/**
 * An Event that the server calls invalid is tried this often before it is given up, because the fault may be the server's
 * (an admission webhook, a proxy). Pauses double over all Events that are refused in a row, to a minute at most, so a
 * server that refuses everything costs one Event in some four minutes, counted and logged.
 */
const mostRefusals = 5

export interface EventWriterOptions {
  readonly api: Api
  readonly node: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** What is to be told, oldest first. */
  readonly notices: () => ReadonlyMap<string, Notice>
  readonly onTold: (notice: Notice) => void
  /** After each try, with the error's code when it failed. */
  readonly onWrite: (code: string) => void
  /** The server will not have it: nobody will be told. */
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
  /** The Event that is called invalid, and how often it has been. */
  #invalid = { id: '', times: 0 }
  #tokens = burst
  #tokensAt = 0 // monotonic

  constructor(options: EventWriterOptions) {
    this.#options = options
    const rights = 'create and patch events in namespace default'
    this.#outage = new Outage({ ...options, what: 'cannot write an Event', rights })
  }

  /** How long no Event has got through, milliseconds; 0 when the last one did. */
  get blockedMs(): number {
    return this.#outage.lastsMs
  }

  /** There may be something to tell. While the server is left alone after a failure it waits. */
  changed(): void {
    if (this.#writing || this.#cancel || this.#stop.signal.aborted || this.#options.notices().size === 0) return
    this.#start()
  }

  /** Tells what it can within `ms`, then nothing more. */
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
    const { api, node, onTold, onWrite } = this.#options
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
    onTold(notice)
  }

  #fail(notice: Notice, error: unknown): void {
    const { random, onWrite } = this.#options
    onWrite(isKubeError(error) ? error.code : 'NM_KUBE_ANSWER')
    this.#refusals = isAbsent(error) ? 0 : this.#refusals + 1
    this.#failures++
    this.#outage.failed(error)
    if (isKubeError(error, 'NM_KUBE_INVALID')) this.#refused(notice, error)
    const counts = { refusals: this.#refusals, failures: this.#failures, outageMs: this.#outage.lastsMs }
    this.#after(retryAfter(error, { urgent: true, ...counts }, random))
  }

  #refused(notice: Notice, error: unknown): void {
    const { id, severity, condition: conditionType, reason, message, count } = notice
    this.#invalid = { id, times: this.#invalid.id === id ? this.#invalid.times + 1 : 1 }
    if (this.#invalid.times < mostRefusals) return
    const { log, node, onTold, onGivenUp } = this.#options
    const lost = { event: id, severity, conditionType, reason, message, count }
    log.error('an Event is given up, the server does not take it', { node, ...lost, tries: mostRefusals, error })
    onGivenUp(notice)
    onTold(notice)
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
