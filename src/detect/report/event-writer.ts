/**
 * Tells the notices of the life cycle as Events, oldest first. An Event's name and content follow from its notice, and
 * the write is an apply, so a write whose answer was lost, or that a killed agent repeats, changes nothing.
 */
import { type Api, events } from '../../kube/api.ts'
import { isKubeError } from '../../kube/errors.ts'
import { applyObject } from '../../kube/objects.ts'
import type { Cancel, Clock, Random } from '../../telemetry/clock.ts'
import type { Log } from '../../telemetry/log.ts'
import type { Notice } from '../lifecycle/state.ts'
import { eventBody, eventRef } from './event-body.ts'
import { fieldManager } from './node-status.ts'
import { isAbsent, retryAfter } from './retry.ts'

/** Events in one go, and how long until there is room for one more: a storm is told slowly, the API server is spared. */
const burst = 32
const refillMs = 2_000
const timeoutMs = 10_000

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
}

export class EventWriter {
  readonly #options: EventWriterOptions
  readonly #stop = new AbortController()
  #writing: Promise<void> | undefined
  #cancel: Cancel | undefined
  #failures = 0
  #refusals = 0
  #tokens = burst
  #tokensAt = 0 // monotonic

  constructor(options: EventWriterOptions) {
    this.#options = options
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
    return this.#options.notices().values().next().value
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
    this.#failures = 0
    this.#refusals = 0
    onTold(notice)
  }

  #fail(notice: Notice, error: unknown): void {
    const { log, node, random, onTold, onWrite } = this.#options
    onWrite(isKubeError(error) ? error.code : 'NM_KUBE_ANSWER')
    this.#refusals = isAbsent(error) ? 0 : this.#refusals + 1
    if (this.#failures++ === 0) log.warn('cannot write an Event; trying again', { node, error })
    if (isKubeError(error, 'NM_KUBE_INVALID')) {
      log.error('the server refuses an Event; it is given up', { node, event: notice.id, error })
      onTold(notice)
    }
    this.#after(retryAfter(error, { urgent: true, refusals: this.#refusals, failures: this.#failures }, random))
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
