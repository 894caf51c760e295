/** Stamps of our own clock in a record: how far they can be trusted, and how they move when the clock does. */
import { type Attempt, phaseSince } from './repair.ts'

/** A stamp this far ahead of our clock was made by a clock that was wrong. */
export const aheadMs = 60_000

/** `ms` of our clock as the API server's said it then: the record carries a stamp of each, from when it was created. */
export function serverTime({ createdAt, phases }: Attempt, ms: number): number {
  const ours = phases[0]?.at
  return ours === undefined || createdAt === 0 ? ms : ms + createdAt - ours
}

/**
 * The earlier of `ms` by both clocks, and never before the record: what the API server created since then is not taken for
 * older, and what it created before the record is not taken for younger.
 */
export function earliest(attempt: Attempt, ms: number): number {
  return Math.max(attempt.createdAt, Math.min(ms, serverTime(attempt, ms)))
}

/** How far what is on record as done lies in the future; 0 for a clock that is right. */
export function aheadOf(attempt: Attempt, now: number): number {
  const newest = Math.max(
    phaseSince(attempt),
    attempt.decision?.at ?? 0,
    attempt.taintedAt ?? 0,
    attempt.healthySince ?? 0,
  )
  return newest > now + aheadMs ? newest - now : 0
}

/** The record with every stamp of ours moved by `ms`, of those that lie after `after`: what lies between two of them stays. */
export function moved(attempt: Attempt, ms: number, after: number): Attempt {
  const move = (stamp: number): number => (stamp > after ? stamp + ms : stamp)
  const one = <Key extends string>(key: Key, stamp: number | undefined) =>
    (stamp === undefined ? {} : { [key]: move(stamp) }) as { [Name in Key]?: number } // the one key, or none
  const { decision, drain, call, successor } = attempt
  return {
    ...attempt,
    phases: attempt.phases.map((entry) => ({ ...entry, at: move(entry.at) })),
    sightings: attempt.sightings.map((seen) => ({ ...seen, since: move(seen.since) })),
    ...one('deadline', attempt.deadline),
    ...one('taintedAt', attempt.taintedAt),
    ...one('healthySince', attempt.healthySince),
    ...(decision && {
      decision: { ...decision, at: move(decision.at), ...one('eligibleAt', decision.eligibleAt) },
    }),
    ...(drain && {
      drain: {
        ...drain,
        startedAt: move(drain.startedAt),
        deadline: move(drain.deadline),
        ...one('blockedSince', drain.blockedSince),
      },
    }),
    ...(call && { call: { ...call, at: move(call.at) } }),
    ...(successor && { successor: { ...successor, since: move(successor.since) } }),
  }
}
