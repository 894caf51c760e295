/**
 * Writes the node's conditions to the API server: a change at once, otherwise a heartbeat with jitter. Each write sends
 * the state at the time of writing.
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

/** Changes within this time are written together. */
const coalesceMs = 20
/** Interval between heartbeats, plus up to a tenth so that the nodes of a fleet do not write at the same time. */
export const heartbeatMs = 300_000
/** Deadline of the first write; doubles after each timeout, because a slow server needs more time. */
const firstTimeoutMs = 3_000
const longestTimeoutMs = 30_000

export interface StatusWriterOptions {
  readonly api: Api
  readonly node: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Returns the current conditions. */
  readonly conditions: () => readonly NodeCondition[]
  /** Called before each write. Resolves when the state is saved or a deadline has passed. */
  readonly ready: () => Promise<void>
  /**
   * Called once, before the first write, with the node's current conditions. Absent when the state was stored; then
   * nothing is read.
   */
  readonly onRecalled?: (conditions: readonly NodeCondition[]) => void
  /** Called after each successful report with the node's metadata from the answer. */
  readonly onAnswer: (metadata: KubeObject['metadata']) => void
  /** Called after each try, with the error's code when it failed. */
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

  /** Milliseconds since reports began to fail; 0 when the last one succeeded. */
  get blockedMs(): number {
    return this.#outage.lastsMs
  }

  /** True once the server has the newest change. */
  get settled(): boolean {
    return !this.#pending
  }

  /** Requests a write of a change. */
  changed(): void {
    if (this.#pending || this.#stop.signal.aborted) return
    this.#pending = true
    if (!this.#writing) this.#after(coalesceMs)
  }

  /** Writes a pending change, trying once within `ms`, then stops. */
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
   * Reads the node with an empty patch, which changes nothing and returns the node. It needs only the right that
   * reporting needs, so a failure is retried like a failed report.
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

  /** Counts the failure and returns the delay until the next try, milliseconds. */
  #failed(error: unknown): number {
    const { random } = this.#options
    this.#refusals = isAbsent(error) ? 0 : this.#refusals + 1
    this.#failures++
    this.#outage.failed(error)
    if (isKubeError(error, 'NM_KUBE_TIMEOUT')) this.#timeoutMs = Math.min(longestTimeoutMs, this.#timeoutMs * 2)
    return retryAfter(error, { urgent: this.#pending, refusals: this.#refusals, failures: this.#failures }, random)
  }
}
