/** What a drain remembers of the pods of one attempt between two passes. Memory only: a restart asks each once more. */
import type { Clock, Random } from '../../../telemetry/clock.ts'
import { EvictionPacing } from './pacing.ts'
import type { DrainPod } from './pod.ts'
import { Returns } from './returns.ts'

export interface DrainMemory {
  readonly pacing: EvictionPacing
  readonly returns: Returns
  /** Since when each pod without a controller has been told, monotonic. */
  readonly told: Map<string, number>
  /** By UID, pods that could not be told to save their state, and why. */
  readonly unsigned: Map<string, string>
  /** By UID, pods whose EvictionRequest came to nothing, and why: they are evicted by ourselves. */
  readonly unrequested: Map<string, string>
}

export class DrainMemories {
  readonly #clock: Clock
  readonly #random: Random
  readonly #byAttempt = new Map<string, DrainMemory>()

  constructor(clock: Clock, random: Random) {
    this.#clock = clock
    this.#random = random
  }

  /** That of `attempt`, without the pods that are no longer `listed`. */
  of(attempt: string, listed: readonly DrainPod[]): DrainMemory {
    const memory = this.#byAttempt.get(attempt) ?? this.#fresh()
    this.#byAttempt.set(attempt, memory)
    memory.pacing.keepOnly(new Set(listed.map((pod) => pod.uid)))
    return memory
  }

  forget(attempt: string): void {
    this.#byAttempt.delete(attempt)
  }

  #fresh(): DrainMemory {
    return {
      pacing: new EvictionPacing(this.#clock, this.#random),
      returns: new Returns(this.#clock),
      told: new Map(),
      unsigned: new Map(),
      unrequested: new Map(),
    }
  }
}
