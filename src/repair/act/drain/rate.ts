/** How many pods all drains together evict within a second, however many nodes are drained at once. */
import type { Clock } from '../../../telemetry/clock.ts'

/** Each eviction makes a scheduler, a kubelet and the pod's controller work, too. */
export const mostEvictionsPerSecond = 500
const secondMs = 1_000

export class EvictionRate {
  readonly #clock: Clock
  #startedAt = Number.NEGATIVE_INFINITY
  #taken = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** How many of `wanted` evictions may be sent now; the others wait for a later pass. */
  take(wanted: number): number {
    const now = this.#clock.monotonic()
    if (now - this.#startedAt >= secondMs) {
      this.#startedAt = now
      this.#taken = 0
    }
    const granted = Math.min(wanted, mostEvictionsPerSecond - this.#taken)
    this.#taken += granted
    return granted
  }
}
