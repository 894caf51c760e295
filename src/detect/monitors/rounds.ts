/**
 * When probes look: one timer for all of them, on one grid, so that ten probes wake the process once. The grid begins at a
 * random place of the first period: the nodes of a fleet do not look in step.
 */
import type { Cancel, Clock, Random } from '../../telemetry/clock.ts'

/** Periods are multiples of this. */
export const roundMs = 10_000
/** A round that is late by this much means that the process does not run its timers. */
const lateMs = 30_000

interface Entry {
  readonly everyMs: number
  readonly run: () => void
  dueAt: number
}

export class Rounds {
  readonly #clock: Clock
  /** Monotonic time of the first round. */
  readonly #firstAt: number
  readonly #entries = new Set<Entry>()
  #dueAt = Number.POSITIVE_INFINITY
  #cancel: Cancel = () => undefined

  constructor(clock: Clock, random: Random) {
    this.#clock = clock
    this.#firstAt = clock.monotonic() + random() * roundMs
  }

  /** Calls `run` each `everyMs`, a multiple of {@link roundMs}. The answer ends it. `run` must not throw. */
  add(everyMs: number, run: () => void): Cancel {
    if (everyMs % roundMs !== 0) throw new RangeError(`a period of ${everyMs} ms is no multiple of ${roundMs} ms`)
    const entry: Entry = { everyMs, run, dueAt: this.#next(everyMs) }
    this.#entries.add(entry)
    this.#schedule()
    return () => {
      this.#entries.delete(entry)
      this.#schedule()
    }
  }

  /** True when a round that was due long ago has not come. */
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

  /** The first time on the grid that is still to come. */
  #next(everyMs: number): number {
    const passed = this.#clock.monotonic() - this.#firstAt
    return this.#firstAt + (passed < 0 ? 0 : Math.floor(passed / everyMs) + 1) * everyMs
  }

  #schedule(): void {
    this.#cancel()
    this.#dueAt = Math.min(...[...this.#entries].map(({ dueAt }) => dueAt)) // Infinity without entries
    if (!Number.isFinite(this.#dueAt)) return
    const wait = Math.max(0, this.#dueAt - this.#clock.monotonic())
    this.#cancel = this.#clock.after(wait, () => this.#round())
  }
}
