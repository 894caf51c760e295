/**
 * Keeps the node's conditions on the API server as they are here: a change that matters at once, otherwise a heartbeat
 * with jitter. Level, not edge: what is written is the state at the time of writing.
 */
import { type Api, type KubeObject, nodes } from '../../kube/api.ts'
import { isKubeError } from '../../kube/errors.ts'
import { applyObject, patchObject } from '../../kube/objects.ts'
import type { NodeCondition } from '../../model/condition.ts'
import type { Cancel, Clock, Random } from '../../telemetry/clock.ts'
import type { Log } from '../../telemetry/log.ts'
import { fieldManager } from './node-status.ts'
import { Outage } from './outage.ts'
import { isAbsent, retryAfter } from './retry.ts'

/** Changes that come within this time are written together. */
const coalesceMs = 20
/** Between heartbeats; up to a tenth more, so that a fleet does not write in step. */
export const heartbeatMs = 300_000
/** First deadline of a write; doubles with each one that is missed, because a slow server needs time, not repetition. */
const firstTimeoutMs = 3_000
const longestTimeoutMs = 30_000

export interface StatusWriterOptions {
  readonly api: Api
  readonly node: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** The conditions as they are now. */
  readonly conditions: () => readonly NodeCondition[]
  /** Called before each write; resolves when the state behind it is on disk, or soon anyway. */
  readonly ready: () => Promise<void>
  /**
   * Told once, before the first write, what the node carries. Absent where the state behind the conditions was stored: then
   * nothing is asked.
   */
  readonly onRecalled?: (conditions: readonly NodeCondition[]) => void
  /** Told what the server has of the node's metadata, with each report that got through. */
  readonly onAnswer: (metadata: KubeObject['metadata']) => void
  /** After each try, with the error's code when it failed. */
  readonly onWrite: (code: string) => void
}

interface CarryingNode extends KubeObject {
  readonly status?: { readonly conditions?: readonly NodeCondition[] }
}

export class StatusWriter {
  readonly #options: StatusWriterOptions
  readonly #outage: Outage
  readonly #stop = new AbortController()
  #pending = false // a change has not been written
  #writing: Promise<void> | undefined
  #cancel: Cancel | undefined
  #failures = 0
  #refusals = 0
  #timeoutMs = firstTimeoutMs
  #recalled = false

  constructor(options: StatusWriterOptions) {
    this.#options = options
    this.#outage = new Outage({ ...options, what: 'cannot report node conditions', rights: 'patch nodes/status' })
  }

  /** How long no report has got through, milliseconds; 0 when the last one did. */
  get blockedMs(): number {
    return this.#outage.lastsMs
  }

  /** True once the server has the newest change. */
  get settled(): boolean {
    return !this.#pending
  }

  /** Something that people and controllers must see has changed. */
  changed(): void {
    if (this.#pending || this.#stop.signal.aborted) return
    this.#pending = true
    if (!this.#writing) this.#after(coalesceMs)
  }

  /** Writes what is pending, trying once within `ms`; then nothing more. */
  async stop(ms: number): Promise<void> {
    this.#cancel?.()
    const giveUp = this.#options.clock.after(ms, () => this.#stop.abort())
    await this.#writing
    this.#cancel?.()
    if (this.#pending && !this.#stop.signal.aborted) await this.#write()
    giveUp()
    this.#cancel?.()
    this.#stop.abort()
  }

  #after(ms: number): void {
    this.#cancel?.()
    if (this.#stop.signal.aborted) return
    this.#cancel = this.#options.clock.after(ms, () => {
      this.#writing = this.#write().finally(() => {
        this.#writing = undefined
      })
    })
  }

  async #write(): Promise<void> {
    const { api, node, log, onAnswer, onWrite, random } = this.#options
    let urgent = false
    try {
      await this.#recall()
      await this.#options.ready()
      const conditions = this.#options.conditions()
      urgent = this.#pending
      this.#pending = false
      log.debug('reporting managed conditions', { count: conditions.length })
      const answer = await applyObject(
        api,
        nodes,
        { name: node },
        { status: { conditions } },
        {
          fieldManager,
          force: true,
          subresource: 'status',
          metadataOnly: true,
          timeoutMs: this.#timeoutMs,
          signal: this.#stop.signal,
        },
      )
      onWrite('ok')
      this.#succeeded(conditions)
      onAnswer(answer.metadata)
      this.#after(this.#pending ? coalesceMs : heartbeatMs * (1 + random() / 10))
    } catch (error) {
      if (this.#stop.signal.aborted) return
      this.#pending ||= urgent
      onWrite(isKubeError(error) ? error.code : 'NM_KUBE_ANSWER')
      this.#after(this.#failed(error))
    }
  }

  /**
   * A patch of nothing changes nothing and answers with the node as it is. It needs no right that the report does not need,
   * so whatever refuses it would refuse the report as well, and is tried again like it.
   */
  async #recall(): Promise<void> {
    const { api, node, onRecalled } = this.#options
    if (!onRecalled || this.#recalled) return
    const limits = { timeoutMs: this.#timeoutMs, signal: this.#stop.signal }
    const nothing = { type: 'merge', subresource: 'status', ...limits } as const
    const { status } = await patchObject<CarryingNode>(api, nodes, { name: node }, {}, nothing)
    this.#recalled = true
    onRecalled(status?.conditions ?? [])
  }

  #succeeded(conditions: readonly NodeCondition[]): void {
    const { log, node } = this.#options
    const unhealthy = conditions
      .filter(({ status }) => status === 'False')
      .map(({ type, reason }) => `${type}=${reason}`)
    log.info('reported node conditions', {
      node,
      count: conditions.length,
      ...(unhealthy.length > 0 && { unhealthy }),
      ...(this.#failures > 0 && { failures: this.#failures }),
    })
    this.#outage.worked()
    this.#failures = 0
    this.#refusals = 0
    this.#timeoutMs = firstTimeoutMs
  }

  /** Counts the failure; returns when to try again. */
  #failed(error: unknown): number {
    const { random } = this.#options
    this.#refusals = isAbsent(error) ? 0 : this.#refusals + 1
    this.#failures++
    this.#outage.failed(error)
    if (isKubeError(error, 'NM_KUBE_TIMEOUT')) this.#timeoutMs = Math.min(longestTimeoutMs, this.#timeoutMs * 2)
    const counts = { refusals: this.#refusals, failures: this.#failures, outageMs: this.#outage.lastsMs }
    return retryAfter(error, { urgent: this.#pending, ...counts }, random)
  }
}
