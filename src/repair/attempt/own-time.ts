/** Stamps of our own clock and of the API server's: one may be wrong, and they are compared only after a correction. */
import type { Attempt } from '../../model/repair.ts'

/** A record may be stored this much later than it was stamped. */
const storingMs = 30_000

/**
 * `ms` of our clock as the API server's clock said it at that moment: the record carries a stamp of both, from when it was
 * created. Of a server that is ahead, half a minute is taken for the time that the creation took.
 */
export function serverTime({ createdAt, phases }: Attempt, ms: number): number {
  const ours = phases[0]?.at
  if (ours === undefined || createdAt === 0) return ms
  const ahead = createdAt - ours
  return ms + (ahead > 0 ? Math.max(0, ahead - storingMs) : ahead)
}
