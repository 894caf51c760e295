/**
 * Our wall clock may be set. What lies between two stamps of a record is what counts, so the stamps move with the clock: by
 * the step that we saw, or, where another process made them with a clock that was ahead, by as much as they lie ahead.
 */
import { isKubeError } from '../kube/errors.ts'
import { aheadOf, moved } from '../model/own-time.ts'
import { type Attempt, isFinished, phaseSince } from '../model/repair.ts'
import type { AttemptBook } from './attempt/book.ts'
import { missingMs } from './decide/pool-memory.ts'

/** Records that are written anew per pass. */
const perPass = 50

export class OwnClock {
  readonly #book: AttemptBook
  /** By how much the stamps of a record still have to move, by name. */
  readonly #owed = new Map<string, number>()

  constructor(book: AttemptBook) {
    this.#book = book
  }

  /**
   * Told before each pass of a leader: `step` is by how much the clock was set since the last one, 0 where it was not.
   * Rejects with KubeError; what is left is tried again.
   */
  async correct(step: number, now: number): Promise<void> {
    for (const one of this.#book.records) {
      const by = step > 0 ? forward(one, step, now - step) : back(one, step, now)
      if (by !== 0) this.#owed.set(one.name, (step > 0 ? (this.#owed.get(one.name) ?? 0) : 0) + by)
    }
    for (const [name, by] of [...this.#owed].slice(0, perPass)) {
      const record = this.#book.find(name)
      try {
        if (record) await this.#book.write(moved(record, by, by > 0 ? 0 : now))
      } catch (error) {
        if (isKubeError(error, 'NM_KUBE_CONFLICT')) continue // the watch brings the newer one
        throw error
      }
      this.#owed.delete(name)
    }
  }

  /** False while the stamps of some record still have to move: until then their age says nothing. */
  get done(): boolean {
    return this.#owed.size === 0
  }
}

/** A record that some limit or deadline still asks: its time has not passed although the clock says so. */
function forward(one: Attempt, step: number, before: number): number {
  const counts = !isFinished(one.phase) || (one.plan !== undefined && before - phaseSince(one) < missingMs)
  return counts ? step : 0
}

/** Stamps of the future alone: those of before the clock was wrong are right. */
function back(one: Attempt, step: number, now: number): number {
  const ahead = aheadOf(one, now)
  if (ahead === 0) return 0
  return step < 0 && ahead <= -step ? step : -ahead
}
