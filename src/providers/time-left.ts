/** The time of one operation that takes several calls. */
import type { Clock } from '../telemetry/clock.ts'

/**
 * What is left of `timeoutMs`, milliseconds: all calls of one operation share it, so that it ends before our leadership does.
 * The answer throws when none is left; `who` was too slow then.
 */
export function timeLeft(clock: Clock, timeoutMs: number, who: string): () => number {
  const until = clock.monotonic() + timeoutMs
  return () => {
    const left = Math.floor(until - clock.monotonic()) // a monotonic clock has fractions, and timers take none
    if (left <= 0) throw new Error(`${who} took too long to answer, so nothing was sent`)
    return left
  }
}
