/**
 * Steady time: milliseconds that go on through restarts and reboots and that no jump of the wall clock moves. They begin at
 * the wall clock's count and advance with the time since boot; a new boot goes on at the wall clock, or where the last boot
 * stopped if the wall clock has fallen behind that (a board without a battery starts in 1970).
 */
import type { Clock } from '../../telemetry/clock.ts'
import type { Moment, Steady } from '../lifecycle/state.ts'

export interface SteadyTime {
  /** Steady time of the boot: what the state file keeps while the boot lasts. */
  readonly base: Steady
  now(): Steady
  /** Steady time of a stamp in milliseconds since boot. */
  fromBoot(ms: number): Steady
  /** Steady time of a wall-clock stamp, as the wall clock stands now. */
  fromWall(ms: number): Steady
  /** Now, and how to turn steady times into wall-clock times. */
  moment(): Moment
}

/** Where an earlier process of this or an earlier boot stood. */
export interface StoredTime {
  readonly bootId: string
  readonly base: Steady
  readonly now: Steady
}

export function createSteadyTime(
  clock: Clock,
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
