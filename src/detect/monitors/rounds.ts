/**
 * Schedules all probes on one timer grid, so that ten probes wake the process once. The grid starts at a random point
 * of the first period, so the nodes of a fleet do not look at the same time.
 */
import type { Cancel, Clock, Random } from '../../telemetry/clock.ts'

/** Periods are multiples of this. */
export const roundMs = 10_000
/** A round this late means that the process does not run its timers. */
const lateMs = 30_000

interface Entry {
  readonly everyMs: number
  readonly run: () => void
  dueAt: number
}

export class Rounds {
  readonly #clock: Clock
  /** Monotonic time of the first round, whole ms: of fractions, a sum can end before the time that it was made from. */
  readonly #firstAt: number
  readonly #entries = new Set<Entry>()
  #dueAt = Number.POSITIVE_INFINITY
  #cancel: Cancel = () => undefined

  constructor(clock: Clock, random: Random) {
    this.#clock = clock
    this.#firstAt = Math.ceil(clock.monotonic() + random() * roundMs)
  }

  /**
   * Calls `run` every `everyMs`, a multiple of {@link roundMs}, until the returned function is called. `run` must not
   * throw.
   */
  add(everyMs: number, run: () => void): Cancel {
    if (everyMs % roundMs !== 0) throw new RangeError(`a period of ${everyMs} ms is not a multiple of ${roundMs} ms`)
    const entry: Entry = { everyMs, run, dueAt: this.#next(everyMs) }
    this.#entries.add(entry)
    this.#schedule()
    return () => {
      this.#entries.delete(entry)
      this.#schedule()
    }
  }

  /** True when a round is more than 30 s overdue. */
  get late(): boolean {
    return this.#clock.monotonic() > this.#dueAt + lateMs
  }

  #round(): void {
    const now = this.#clock.monotonic()
    for (const entry of [...this.#entries]) {
      if (entry.dueAt > now) continue
      entry.dueAt = this.#next(entry.everyMs)
      entry.run()
    }
    this.#schedule()
  }

  /** The next time on the grid. */
  #next(everyMs: number): number {
    const passed = this.#clock.monotonic() - this.#firstAt
    return this.#firstAt + (passed < 0 ? 0 : Math.floor(passed / everyMs) + 1) * everyMs
  }

  #schedule(): void {
    this.#cancel()
    this.#dueAt = Math.min(...[...this.#entries].map(({ dueAt }) => dueAt)) // Infinity when there are no entries
    if (!Number.isFinite(this.#dueAt)) return
    const wait = Math.max(0, this.#dueAt - this.#clock.monotonic())
    this.#cancel = this.#clock.after(wait, () => this.#round())
  }
}
