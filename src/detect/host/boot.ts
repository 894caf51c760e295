/** The id of the current boot, the host name, and the time since boot. */
import type { Clock } from '../../telemetry/clock.ts'
import { type Host, textOf } from './host.ts'

/** The kernel's id of this boot, a random UUID; `unknown` when /proc does not have it. */
export function bootId(host: Host): string {
  return textOf(host.read('proc/sys/kernel/random/boot_id'))?.trim() || 'unknown'
}

/** The host name as the kernel knows it. */
export function hostname(host: Host): string {
  return (
    textOf(host.read('proc/sys/kernel/hostname'))?.trim() || textOf(host.read('etc/hostname'))?.trim() || 'localhost'
  )
}

/**
 * Returns the milliseconds since boot: /proc/uptime is read once, then the monotonic clock counts on, unaffected by
 * wall-clock jumps. Stamps in the kernel log have the same origin but use the scheduler's clock, which drifts by
 * seconds over months and stops during suspend.
 */
export function bootClock(host: Host, clock: Clock): () => number {
  const seconds = Number(textOf(host.read('proc/uptime'))?.split(' ')[0] ?? 0)
  const atBoot = clock.monotonic() - (Number.isFinite(seconds) ? seconds * 1000 : 0)
  return () => clock.monotonic() - atBoot
}
