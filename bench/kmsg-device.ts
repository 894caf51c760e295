/**
 * Writes to the real kernel log at a given rate and reads its newest sequence number. Lifts the kernel's limit on writers
 * meanwhile.
 */
import { closeSync, constants, openSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs'
import { sleep, systemClock } from '../src/telemetry/clock.ts'

/** `ratelimit` (the default) lets a process write 5 lines per 5 s and drops the rest silently. The file needs a final newline. */
const writerLimit = '/proc/sys/kernel/printk_devkmsg'
const device = '/dev/kmsg'
/** A record is at most 1 KiB of text, 8 KiB with its dictionary. */
const largestRecord = 8192

export interface KmsgDevice {
  /** Writes one record. The text reaches readers at once; the kernel marks it as written by user space. */
  write(text: string): void
  /** Sequence number of the newest record, whoever wrote it; the difference of two readings is the number of records between them. */
  newest(): number
  /** Restores the writers' limit and closes the device. */
  close(): void
}

/** Opens the kernel log for reading and writing; throws NM_BENCH_KMSG where this process may not. */
export function openKmsgDevice(): KmsgDevice {
  let writer: number
  let reader: number
  let limit: string
  try {
    writer = openSync(device, constants.O_WRONLY)
    reader = openSync(device, constants.O_RDONLY | constants.O_NONBLOCK)
    limit = readFileSync(writerLimit, 'utf8').trim()
    if (limit !== 'on') writeFileSync(writerLimit, 'on\n')
  } catch (error) {
    const why = (error as Error).message
    throw new Error(`NM_BENCH_KMSG: this bench writes to ${device} and must be root on a machine of its own: ${why}`)
  }
  const putBack = (): void => {
    if (limit !== 'on') writeFileSync(writerLimit, `${limit}\n`)
  }
  process.once('exit', putBack)
  let last = -1
  return {
    write: (text) => void writeSync(writer, `<6>${text}\n`),
    newest: () => {
      last = drain(reader, last)
      return last
    },
    close: () => {
      process.off('exit', putBack)
      putBack()
      closeSync(writer)
      closeSync(reader)
    },
  }
}

/** Reads to the end of the log; after an overrun (EPIPE) reading continues. */
function drain(descriptor: number, last: number): number {
  const buffer = Buffer.alloc(largestRecord)
  let newest = last
  for (;;) {
    try {
      const length = readSync(descriptor, buffer, 0, buffer.length, null)
      newest = sequenceOf(buffer.toString('latin1', 0, Math.min(length, 64)))
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EAGAIN') return newest
      if (code !== 'EPIPE') throw error
    }
  }
}

/** Second field of `priority,sequence,microseconds,flags;text`. */
export function sequenceOf(record: string): number {
  return Number(record.split(',', 2)[1])
}

export interface Feed {
  readonly perSecond: number
  /** Lines that are written at once. */
  readonly burst: number
  readonly seconds: number
  readonly text: (index: number) => string
}

export interface Fed {
  readonly lines: number
  /** How long it took, milliseconds: longer than asked for when the machine could not keep up. */
  readonly elapsedMs: number
}

/** Writes bursts at equal intervals; a late burst is written at once, so that the average rate holds. */
export async function feed(write: (text: string) => void, plan: Feed): Promise<Fed> {
  const total = Math.round(plan.perSecond * plan.seconds)
  const gapMs = (plan.burst * 1000) / plan.perSecond
  const start = systemClock.monotonic()
  let lines = 0
  for (let beat = 0; lines < total; beat++) {
    const wait = start + beat * gapMs - systemClock.monotonic()
    if (wait > 0) await sleep(systemClock, wait)
    for (const end = Math.min(total, lines + plan.burst); lines < end; lines++) write(plan.text(lines))
  }
  return { lines, elapsedMs: systemClock.monotonic() - start }
}
