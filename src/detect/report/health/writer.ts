/**
 * Writes the node's report as its NodeHealth: a change once it has settled, what merely passes with time every ten minutes,
 * and nothing while nothing changes.
 */
import { type Api, nodeHealths } from '../../../kube/api.ts'
import { isKubeError } from '../../../kube/errors.ts'
import { applyObject } from '../../../kube/objects.ts'
import type { NodeHealthReport } from '../../../model/node-health.ts'
import type { Cancel, Clock, Random } from '../../../telemetry/clock.ts'
import type { Log } from '../../../telemetry/log.ts'
import { fieldManager } from '../node-status.ts'
import { Outage } from '../outage.ts'
import { retryAfter } from '../retry.ts'
import { essence, progress } from './report.ts'

/** Changes within this time are written together, with jitter: a fault of a whole rack must not write in step. */
const coalesceMs = 5_000
/** Interval at which devices are counted anew, and repeated lines are told. */
export const refreshMs = 600_000
/** Interval between tries while the cluster does not know the definition, or refuses us. */
const idleMs = 3_600_000
const timeoutMs = 10_000

export interface HealthWriterOptions {
  readonly api: Api
  readonly node: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** The report now. Reads the host. */
  readonly report: () => NodeHealthReport
  /** Called after each try, with the error's code when it failed. */
  readonly onWrite: (code: string) => void
}

export class HealthWriter {
  readonly #options: HealthWriterOptions
  readonly #outage: Outage
  readonly #stop = new AbortController()
  #owner: string | undefined
  #cancel: Cancel | undefined
  #dueAt = Number.POSITIVE_INFINITY // monotonic
  #writing: Promise<void> | undefined
  #written = { essence: '', progress: '' }
  #failures = 0

  constructor(options: HealthWriterOptions) {
    this.#options = options
    const rights = 'create and patch nodehealths.nodemend.dev'
    this.#outage = new Outage({ ...options, what: 'cannot write the NodeHealth', rights })
  }

  /** The node's UID, which the report needs to be deleted with its node. Nothing is written before. */
  owner(uid: string | undefined): void {
    if (uid === undefined || uid === this.#owner) return
    this.#owner = uid
    this.#written = { essence: '', progress: '' }
    this.changed()
  }

  /** Something that the report tells may have changed. */
  changed(): void {
    if (this.#owner === undefined || this.#failures > 0) return
    this.#within(coalesceMs * (1 + this.#options.random()))
  }

  /** Stops; what is not written is told by the next process. */
  async stop(): Promise<void> {
    this.#cancel?.()
    this.#stop.abort()
    await this.#writing
  }

  #within(ms: number): void {
    const due = this.#options.clock.monotonic() + ms
    if (due >= this.#dueAt || this.#writing || this.#stop.signal.aborted) return
    this.#cancel?.()
    this.#dueAt = due
    this.#cancel = this.#options.clock.after(ms, () => {
      this.#dueAt = Number.POSITIVE_INFINITY
      this.#writing = this.#look().then((next) => {
        this.#writing = undefined
        this.#within(next)
      })
    })
  }

  /** Writes the report if it is worth it. Resolves to the time until the next look, milliseconds; never rejects. */
  async #look(): Promise<number> {
    const { report, random, onWrite } = this.#options
    const refresh = refreshMs * (1 + random() / 10)
    try {
      const now = report()
      const text = { essence: essence(now), progress: progress(now) }
      if (text.essence === this.#written.essence && text.progress === this.#written.progress) return refresh
      await this.#write(now)
      this.#written = text
      this.#failures = 0
      this.#outage.worked()
      onWrite('ok')
      return refresh
    } catch (error) {
      return this.#stop.signal.aborted ? refresh : this.#failed(error)
    }
  }

  async #write(report: NodeHealthReport): Promise<void> {
    const { api, node } = this.#options
    const owner = { apiVersion: 'v1', kind: 'Node', name: node, uid: this.#owner }
    const body = { metadata: { ownerReferences: [owner] }, report }
    const limits = { timeoutMs, signal: this.#stop.signal }
    await applyObject(api, nodeHealths, { name: node }, body, {
      fieldManager,
      force: true,
      metadataOnly: true,
      ...limits,
    })
  }

  #failed(error: unknown): number {
    const { onWrite, random } = this.#options
    onWrite(isKubeError(error) ? error.code : 'NM_KUBE_ANSWER')
    this.#failures++
    this.#written = { essence: '', progress: '' }
    // Without the definition or the right, everything else works: somebody may add them later.
    if (isKubeError(error, 'NM_KUBE_NOT_FOUND', 'NM_KUBE_FORBIDDEN')) return idleMs * (1 + random() / 10)
    this.#outage.failed(error)
    return retryAfter(error, { urgent: false, refusals: this.#failures, failures: this.#failures, outageMs: 0 }, random)
  }
}
