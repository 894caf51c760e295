/** Requests of each disk: block/genhd.c, `diskstats_show` (Documentation/admin-guide/iostats.rst). */
import type { Host } from '../../../host/host.ts'
import { type Counts, follow, type Trail } from '../../growth.ts'
import type { Look } from '../../probe.ts'

export interface Disk {
  readonly name: string
  readonly inFlight: number
  /** Monotonic milliseconds at which its requests began to stand still; undefined while they do not. */
  readonly stalledAt?: number
}

export interface DiskIoSample {
  readonly disks: readonly Disk[]
  /** Counters of requests and flushes, `NAME finished` and `NAME flushed`, and their milliseconds, `waited` and `flushing`. */
  readonly trail: Trail
}

/** The mean delay is taken over this time. */
export const delayWindowMs = 60_000

/** Devices in memory, and those that consist of others whose requests they count again. */
const leftOut = /^(?:loop|ram|zram|sr|fd|nbd|md|dm-)\d/

export function readDiskIo(host: Host, at: number, before?: DiskIoSample): Look<DiskIoSample> {
  const read = host.read('proc/diskstats')
  if ('denied' in read) return { failed: read.denied }
  if ('absent' in read) return { absent: 'the kernel counts no requests of disks' }
  const whole = new Set(host.list('sys/block'))
  const rows = rowsOf(read.text).filter(({ name }) => whole.has(name) && !leftOut.test(name))
  const disks = rows.map(({ name, inFlight, finished }): Disk => {
    const still = inFlight > 0 && before?.trail.counts[`${name} finished`] === finished
    const since = before?.disks.find((one) => one.name === name)?.stalledAt ?? before?.trail.at ?? at
    return { name, inFlight, ...(still && { stalledAt: since }) }
  })
  const counts: Counts = Object.fromEntries(
    rows.flatMap(({ name, finished, waited, flushed, flushing }) => [
      [`${name} finished`, finished],
      [`${name} waited`, waited],
      ...(flushed === undefined || flushing === undefined
        ? []
        : [[`${name} flushed`, flushed] as const, [`${name} flushing`, flushing] as const]),
    ]),
  )
  return { sample: { disks, trail: follow(counts, at, delayWindowMs, before?.trail) } }
}

interface Row {
  readonly name: string
  readonly inFlight: number
  readonly finished: number
  readonly waited: number
  /** Since Linux 5.5. */
  readonly flushed: number | undefined
  readonly flushing: number | undefined
}

/** Columns: major, minor, name, reads, merged, sectors, ms, writes, merged, sectors, ms, in flight … flushes, ms. */
function rowsOf(text: string): readonly Row[] {
  return text.split('\n').flatMap((line) => {
    const [, , name, ...columns] = line.trim().split(/\s+/)
    const numbers = columns.map(Number)
    const [reads, , , readMs, writes, , , writeMs, inFlight] = numbers
    const [flushed, flushing] = numbers.slice(15)
    if (name === undefined || reads === undefined || readMs === undefined || writes === undefined) return []
    if (writeMs === undefined || inFlight === undefined) return []
    return [{ name, inFlight, finished: reads + writes, waited: readMs + writeMs, flushed, flushing }]
  })
}
