/**
 * Steady time: milliseconds that grow across restarts and reboots and ignore wall-clock jumps. They start at the wall
 * clock and advance with the time since boot. A new boot starts at the wall clock, or at the last steady time if the
 * wall clock is behind it (a board without a battery starts in 1970).
 */
import type { Clock } from '../../telemetry/clock.ts'
import type { Moment, Steady } from '../lifecycle/state.ts'

export interface SteadyTime {
  /** Steady time of the boot; the state file keeps it until the next boot. */
  readonly base: Steady
  now(): Steady
  /** Converts a stamp in milliseconds since boot to steady time. */
  fromBoot(ms: number): Steady
  /** Converts a wall-clock stamp to steady time, by the current wall clock. */
  fromWall(ms: number): Steady
  /** The current time, with the offset from steady to wall-clock time. */
  moment(): Moment
}

/** The steady time that an earlier process saved. */
export interface StoredTime {
  readonly bootId: string
  readonly base: Steady
  readonly now: Steady
  /** When the agent first ran on this node; absent once the node has booted since, and in files of 0.1.0. */
  readonly firstStartAt?: Steady
}

export function createSteadyTime(
  clock: Pick<Clock, 'now'>,
  bootMs: () => number,
  bootId: string,
  stored: StoredTime | undefined,
): SteadyTime {
  const fresh = Math.max(clock.now(), stored?.now ?? 0) - bootMs()
  const base = stored?.bootId === bootId ? stored.base : fresh
  const now = (): Steady => base + bootMs()
  return {
    base,
    now,
    fromBoot: (ms) => base + ms,
    fromWall: (ms) => now() - (clock.now() - ms),
    moment() {
      const steady = now()
      return { now: steady, wallOffset: clock.now() - steady }
    },
  }
}
