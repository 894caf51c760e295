/** When each pod may be evicted again, and what the last eviction was answered with. Memory only: a restart tries each once more. */
import type { EvictionAnswer } from '../../../kube/eviction.ts'
import type { Clock, Random } from '../../../telemetry/clock.ts'

/** Back-off of a refused eviction: doubles from the first to the longest, with up to a quarter of jitter. */
const firstMs = 1_000
const longestMs = 15_000

export interface Refusal {
  readonly reason: string
  readonly budgets: readonly string[]
  /** False: the server was busy, and nothing forbids the eviction. */
  readonly blocks: boolean
  /** A PodDisruptionBudget refused it: only `RespectUntilDeadline` may go over it. */
  readonly budget: boolean
}

interface Entry {
  readonly nextAt: number
  readonly pauseMs: number
  readonly refusal: Refusal
}

export class EvictionPacing {
  readonly #clock: Clock
  readonly #random: Random
  readonly #entries = new Map<string, Entry>()

  constructor(clock: Clock, random: Random) {
    this.#clock = clock
    this.#random = random
  }

  /** True when the pod has never been refused, or its pause is over. */
  isDue(uid: string): boolean {
    const entry = this.#entries.get(uid)
    return entry === undefined || this.#clock.monotonic() >= entry.nextAt
  }

  /** What stands in the pod's way, as of the last answer. */
  refusalOf(uid: string): Refusal | undefined {
    return this.#entries.get(uid)?.refusal
  }

  accepted(uid: string): void {
    this.#entries.delete(uid)
  }

  refused(uid: string, refusal: Refusal, serverMs?: number): void {
    const known = this.#entries.get(uid)
    const pauseMs = known ? Math.min(known.pauseMs * 2, longestMs) : firstMs
    const waitMs = Math.max(serverMs ?? 0, pauseMs) * (1 + this.#random() / 4)
    this.#entries.set(uid, { nextAt: this.#clock.monotonic() + waitMs, pauseMs, refusal })
  }

  /** Forgets pods that are no longer there. */
  keepOnly(uids: ReadonlySet<string>): void {
    for (const uid of this.#entries.keys()) if (!uids.has(uid)) this.#entries.delete(uid)
  }
}

/** What an eviction's answer says about the pod: nothing, or a refusal. */
export function refusalIn(answer: EvictionAnswer): Refusal | undefined {
  const blocks = { budgets: [], blocks: true, budget: false }
  switch (answer.kind) {
    case 'evicted':
    case 'gone':
    case 'replaced':
      return undefined
    case 'blocked':
      return { ...blocks, reason: answer.message, budgets: answer.budgets, budget: true }
    case 'multiple-budgets':
      return { ...blocks, reason: `more than one PodDisruptionBudget selects it: ${answer.message}`, budget: true }
    case 'forbidden':
      return { ...blocks, reason: `eviction refused: ${answer.message}` }
    case 'throttled':
      return { ...blocks, blocks: false, reason: 'the API server asks to wait' }
    case 'conflict':
      return { ...blocks, blocks: false, reason: 'the pod changed meanwhile' }
    case 'namespace-terminating':
      return { ...blocks, blocks: false, reason: 'its namespace is being deleted' }
    case 'unavailable':
      return { ...blocks, blocks: false, reason: answer.message }
  }
}
