/** Which boot this is, and how long ago it began. */
import type { Clock } from '../../telemetry/clock.ts'
import { type Host, textOf } from './host.ts'

/** The kernel's id of this boot (a random UUID per boot); `unknown` where /proc does not tell. */
export function bootId(host: Host): string {
  return textOf(host.read('proc/sys/kernel/random/boot_id'))?.trim() || 'unknown'
}

/** The machine's own name, the way the kernel has it. */
export function hostname(host: Host): string {
  return (
    textOf(host.read('proc/sys/kernel/hostname'))?.trim() || textOf(host.read('etc/hostname'))?.trim() || 'localhost'
  )
}

/**
 * Milliseconds since boot. /proc/uptime is read once; from then on the monotonic clock carries it, so it costs nothing
 * and no jump of the wall clock moves it. A stamp in the kernel log counts from the same moment (it is the scheduler's
 * clock, which drifts from this one by seconds in months and stands still while the machine sleeps).
 */
export function bootClock(host: Host, clock: Clock): () => number {
  const seconds = Number(textOf(host.read('proc/uptime'))?.split(' ')[0] ?? 0)
  const atBoot = clock.monotonic() - (Number.isFinite(seconds) ? seconds * 1000 : 0)
  return () => clock.monotonic() - atBoot
}
