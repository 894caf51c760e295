/** What differs when a machine is looked at once, or is a copy whose time has stopped. */
import type { CompiledReason } from '../../catalog/compiled.ts'
import type { Host } from '../../detect/host/host.ts'
import type { Clock } from '../../telemetry/clock.ts'

/** Where the kernel log is, and where a copy of a machine keeps it: syslog, the boot log, the output of dmesg(1). */
const kernelLogs = ['/dev/kmsg', '/var/log/kern.log', '/var/log/dmesg', '/dmesg', '/dmesg.txt']

/** The first kernel log that the machine has; the device's path where it has none. */
export function kernelLogOf(host: Host): string {
  const has = (path: string): boolean => {
    const at = path.lastIndexOf('/')
    return host.list(path.slice(0, at) || '/').includes(path.slice(at + 1))
  }
  return kernelLogs.find(has) ?? '/dev/kmsg'
}

/** Reasons as one look judges them: what is over its limit now counts, however long it has been so. */
export function atOneLook(reasons: readonly CompiledReason[]): readonly CompiledReason[] {
  return reasons.map((reason) => {
    const { count, withinMs } = reason.lifecycle.raise
    return { ...reason, lifecycle: { ...reason.lifecycle, raise: { count, withinMs } } }
  })
}

/** A clock whose date is that of a copy: certificates are judged at the time that its log ends. */
export function clockOfCopy(clock: Clock, endsAt: number | undefined): Clock {
  if (endsAt === undefined) return clock
  return { now: () => endsAt, monotonic: () => clock.monotonic(), after: (ms, run) => clock.after(ms, run) }
}
