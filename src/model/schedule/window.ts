/** A span of time that comes back: from each hit of a schedule for a duration. */
import type { Schedule } from './schedule.ts'

export interface Window {
  readonly schedule: Schedule
  readonly durationMs: number
}

/** Whether a window is open, and when that changes next; absent where it never does, or not within a day of hits. */
export interface WindowState {
  readonly open: boolean
  readonly changesAt?: number
}

/** A hit a minute for a day: a window that is still open then stays open for whoever asks. */
const mostHits = 1_500

/**
 * The state at `now`. As in Karpenter a window is open when there is a hit later than `now` minus its duration and not later
 * than `now`; where it is longer than the time between two hits it never closes.
 */
export function windowState({ schedule, durationMs }: Window, now: number): WindowState {
  let hit = schedule.next(now - durationMs)
  if (hit === undefined) return { open: false }
  if (hit > now) return { open: false, changesAt: hit }
  for (let hits = 0; hits < mostHits; hits++) {
    const next = schedule.next(hit)
    if (next === undefined || next > hit + durationMs) return { open: true, changesAt: hit + durationMs }
    hit = next
  }
  return { open: true }
}
