/**
 * Whether the watches can be trusted, and since when. A gap in what they delivered is an outage, whatever caused it (the API
 * server, the network, this program stopped or not leading): a settle period follows it.
 */
import type { ApiHealth } from '../../model/node.ts'
import type { Clock } from '../../telemetry/clock.ts'

/** A gap longer than this is an outage. */
export const outageMs = 30_000
/** The wall clock may drift this far from the monotonic one between two checks; more is a step of the clock. */
const clockStepMs = 30_000

export class HealthTracker {
  readonly #clock: Clock
  readonly #settleMs: number
  /** When every watch was last in sync; a start that takes long counts as an outage as well. */
  #lastGood: number
  /** Wall clock minus monotonic clock: constant until somebody sets the wall clock. */
  #offset: number
  #settledAt: number | undefined
  #step = 0

  constructor(clock: Clock, settleMs: number) {
    this.#clock = clock
    this.#settleMs = settleMs
    this.#lastGood = clock.monotonic()
    this.#offset = clock.now() - clock.monotonic()
  }

  /** Told before each pass whether every watch is in sync; answers by how much the wall clock was set since then. */
  check(synced: boolean): number {
    const step = this.#stepped()
    // First sightings are on record in wall time: a clock set forward would end every toleration at once.
    if (step !== 0) this.settle()
    if (!synced) return step
    const now = this.#clock.monotonic()
    if (now - this.#lastGood > outageMs) this.settle()
    this.#lastGood = now
    return step
  }

  #stepped(): number {
    const offset = this.#clock.now() - this.#clock.monotonic()
    const drift = offset - this.#offset
    this.#offset = offset
    const step = Math.abs(drift) > clockStepMs ? drift : 0
    this.#step += step
    return step
  }

  /** Told after each pass: the watches followed meanwhile, so a long pass is no gap. */
  passed(synced: boolean): void {
    if (synced) this.#lastGood = this.#clock.monotonic()
  }

  /** By how many milliseconds the wall clock was set since this was last asked. */
  takeStep(): number {
    const step = this.#step
    this.#step = 0
    return step
  }

  /** Starts a settle period. */
  settle(): void {
    if (this.#settleMs > 0) this.#settledAt = this.#clock.now() + this.#settleMs
  }

  health(synced: boolean, leases: ApiHealth['leases'], trouble?: string): ApiHealth {
    return {
      synced,
      leases,
      ...(this.#settledAt !== undefined && { settledAt: this.#settledAt }),
      ...(trouble !== undefined && { trouble }),
    }
  }
}
