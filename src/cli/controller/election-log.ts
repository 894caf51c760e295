/** What the log says about a leader election that fails: once at once, then ever more seldom, and when it is over. */
import type { Clock } from '../../telemetry/clock.ts'
import type { Log } from '../../telemetry/log.ts'

/** After the first line; doubled after each one. */
const firstQuietMs = 30_000
/** An outage that lasts is still worth a line this often. */
const longestQuietMs = 15 * 60_000

export class ElectionLog {
  readonly #log: Log
  readonly #clock: Clock
  #failures = 0
  #since = 0
  #nextAt = 0
  #quietMs = firstQuietMs

  constructor(log: Log, clock: Clock) {
    this.#log = log
    this.#clock = clock
  }

  /** One try has failed. */
  failed(error: unknown): void {
    const now = this.#clock.monotonic()
    if (this.#failures === 0) {
      this.#since = now
      this.#nextAt = now
      this.#quietMs = firstQuietMs
    }
    this.#failures++
    if (now < this.#nextAt) return
    this.#log.warn('the leader election fails', { error, failures: this.#failures, forMs: now - this.#since })
    this.#nextAt = now + this.#quietMs
    this.#quietMs = Math.min(longestQuietMs, this.#quietMs * 2)
  }

  /** One try has worked. */
  worked(): void {
    if (this.#failures === 0) return
    const forMs = this.#clock.monotonic() - this.#since
    this.#log.info('the leader election works again', { failures: this.#failures, forMs })
    this.#failures = 0
  }
}
