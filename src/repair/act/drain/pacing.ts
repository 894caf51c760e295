/** When each pod may be evicted again, and what the last eviction was answered with. Memory only: a restart tries each once more. */
import type { EvictionAnswer } from '../../../kube/eviction.ts'
import type { Clock, Random } from '../../../telemetry/clock.ts'
import { wordsOf } from './words.ts'

/** Back-off of a refused eviction: doubles from the first to the longest, with up to a quarter of jitter. */
const firstMs = 1_000
const longestMs = 15_000
/** So many refusals in a row stand in the way, whatever their status code: the refuser's words are the reason. */
export const mostTries = 6
/** A pod that is only asked about is asked again after this. */
const askedForMs = 15_000

export interface Refusal {
  readonly reason: string
  readonly budgets: readonly string[]
  /** False: it may be a passing trouble of the server. */
  readonly blocks: boolean
  /** A PodDisruptionBudget refused it: only `RespectUntilDeadline` may go over it. */
  readonly budget: boolean
}

interface Entry {
  readonly nextAt: number
  readonly pauseMs: number
  readonly tries: number
  readonly refusal: Refusal
}

export class EvictionPacing {
  readonly #clock: Clock
  readonly #random: Random
  readonly #entries = new Map<string, Entry>()
  /** Until when the answer to a dry run counts. */
  readonly #agreed = new Map<string, number>()

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

  /** A dry run of its eviction was let through. */
  agreed(uid: string): void {
    this.#entries.delete(uid)
    this.#agreed.set(uid, this.#clock.monotonic() + askedForMs)
  }

  /** True while the last dry run of its eviction counts. */
  isAgreed(uid: string): boolean {
    return this.#clock.monotonic() < (this.#agreed.get(uid) ?? Number.NEGATIVE_INFINITY)
  }

  refused(uid: string, refusal: Refusal, serverMs?: number): void {
    const known = this.#entries.get(uid)
    const tries = (known?.tries ?? 0) + 1
    const pauseMs = known ? Math.min(known.pauseMs * 2, longestMs) : firstMs
    const waitMs = Math.max(serverMs ?? 0, pauseMs) * (1 + this.#random() / 4)
    const blocks = refusal.blocks || tries >= mostTries
    this.#agreed.delete(uid)
    this.#entries.set(uid, {
      nextAt: this.#clock.monotonic() + waitMs,
      pauseMs,
      tries,
      refusal: { ...refusal, blocks },
    })
  }

  /** Forgets pods that are no longer there. */
  keepOnly(uids: ReadonlySet<string>): void {
    for (const uid of this.#entries.keys()) if (!uids.has(uid)) this.#entries.delete(uid)
    for (const uid of this.#agreed.keys()) if (!uids.has(uid)) this.#agreed.delete(uid)
  }
}

/** What an eviction's answer says about the pod: nothing, or a refusal in the words of the refuser. */
export function refusalIn(answer: EvictionAnswer): Refusal | undefined {
  const blocks = { budgets: [], blocks: true, budget: false }
  const passing = { ...blocks, blocks: false }
  switch (answer.kind) {
    case 'evicted':
    case 'gone':
    case 'replaced':
      return undefined
    case 'blocked':
      return { ...blocks, reason: wordsOf(answer.message), budgets: answer.budgets, budget: true }
    case 'multiple-budgets': {
      const reason = `more than one PodDisruptionBudget selects it: ${wordsOf(answer.message)}`
      return { ...blocks, reason, budget: true }
    }
    case 'forbidden':
      return { ...blocks, reason: `eviction refused: ${wordsOf(answer.message)}` }
    case 'throttled':
      return { ...passing, reason: `eviction turned down (429, no budget): ${wordsOf(answer.message)}` }
    case 'conflict':
      return { ...passing, reason: 'the pod changes at each eviction' }
    case 'namespace-terminating':
      return { ...passing, reason: 'its namespace is being deleted' }
    case 'unavailable':
      return { ...passing, reason: `eviction not answered: ${wordsOf(answer.message)}` }
  }
}
