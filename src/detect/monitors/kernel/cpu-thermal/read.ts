/**
 * Time that a processor package was slowed down because of its heat: drivers/thermal/intel/therm_throt.c,
 * `package_throttle_total_time_ms` (5.5). Every CPU of a package shows the same counter, so one of them is read.
 */
import { type Host, numberIn } from '../../../host/host.ts'
import { follow, type Trail } from '../../growth.ts'
import type { Look } from '../../probe.ts'

export const windowMs = 5 * 60_000

export interface CpuThermalSample {
  /** One CPU of each package, `package0` → `cpu0`. Does not change while the machine runs. */
  readonly readers: Readonly<Record<string, string>>
  /** Milliseconds by package. */
  readonly trail: Trail
}

const folder = 'sys/devices/system/cpu'

export function readCpuThermal(host: Host, at: number, before?: CpuThermalSample): Look<CpuThermalSample> {
  const readers = before?.readers ?? readersOf(host)
  const counts = Object.fromEntries(
    Object.entries(readers).flatMap(([name, cpu]) => {
      const count = numberIn(host, `${folder}/${cpu}/thermal_throttle/package_throttle_total_time_ms`)
      return count === undefined || count < 0 ? [] : [[name, count]]
    }),
  )
  if (Object.keys(counts).length === 0) return { absent: 'the processors do not count how long they were throttled' }
  return { sample: { readers, trail: follow(counts, at, windowMs, before?.trail) } }
}

function readersOf(host: Host): Readonly<Record<string, string>> {
  const readers: Record<string, string> = {}
  for (const cpu of host.list(folder).filter((name) => /^cpu\d+$/.test(name))) {
    const number = numberIn(host, `${folder}/${cpu}/topology/physical_package_id`)
    if (number !== undefined && number >= 0) readers[`package${number}`] ??= cpu
  }
  return readers
}
