/**
 * /dev/kmsg. Node cannot poll it, a read per record in the thread pool costs 60 µs, and a fast timer would keep an idle
 * machine awake. So two descriptors: one blocks in the thread pool and only wakes us, the other (O_NONBLOCK) drains at
 * about 1.4 µs a record. Both are kept at the same record, else the blocking one would wake us for what is read
 * already. Measured in docs/adr/0006-reading-kmsg.md.
 */
import { closeSync, constants, openSync, read, readSync } from 'node:fs'
import type { KmsgReader, ReadOutcome } from './reader.ts'
import { emptyRecord, parseRecord } from './record.ts'

/** A record with its dictionary is at most 8 KiB (CONSOLE_EXT_LOG_MAX); a shorter buffer would answer EINVAL. */
const recordBytes = 8192

/** How many records the waking descriptor skips before the draining one gets another turn. */
const skipAtOnce = 4096

/** Opens the device at `path`; throws the error of open(2) (`EPERM` without CAP_SYSLOG, `ENOENT`). */
export function openKmsgDevice(path: string): KmsgReader {
  const draining = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const waking = openSync(path, constants.O_RDONLY)
  const wakeBuffer = Buffer.allocUnsafeSlow(recordBytes)
  const wakeView = emptyRecord()
  let current = Buffer.allocUnsafeSlow(recordBytes)
  let other = Buffer.allocUnsafeSlow(recordBytes)
  let drained = -1 // sequence of the newest record that was drained
  let woken = -1 // sequence of the newest record that the waking descriptor has passed

  const passed = (length: number): boolean => {
    const framed = parseRecord(wakeBuffer, 0, length, wakeView)
    if (framed) woken = wakeView.sequence
    return framed
  }

  /** Brings the waking descriptor to the draining one. It never blocks: what it reads is known to be there. */
  const catchUp = (): boolean => {
    for (let count = 0; woken < drained; count++) {
      if (count === skipAtOnce) return false
      try {
        // Not framed: nothing is known any more. One wake too many is harmless, a blocked main thread is not.
        if (!passed(readSync(waking, wakeBuffer, 0, recordBytes, null))) return true
      } catch (error) {
        if (outcomeOf(error) === undefined) throw error
      }
    }
    return true
  }

  return {
    consecutive: true,
    get buffer() {
      return current
    },
    next(into) {
      try {
        const length = readSync(draining, other, 0, recordBytes, null)
        if (length === 0) throw new Error(`${path} ends: it is not the kernel log's device`)
        if (!parseRecord(other, 0, length, into)) return 'skipped'
        const before = current
        current = other
        other = before
        drained = into.sequence
        return 'record'
      } catch (error) {
        const outcome = outcomeOf(error)
        if (outcome === undefined) throw error
        return outcome
      }
    },
    wake() {
      if (!catchUp()) return Promise.resolve()
      return new Promise((resolve, reject) => {
        read(waking, wakeBuffer, 0, recordBytes, null, (error, length) => {
          if (error && outcomeOf(error) === undefined) return reject(error)
          if (!error) passed(length)
          resolve()
        })
      })
    },
    close() {
      closeSync(draining)
    },
  }
}

/** What read(2) on the device says when it is not out of order. */
function outcomeOf(error: unknown): ReadOutcome | undefined {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EAGAIN':
    case 'EINTR':
      return 'nothing'
    case 'EPIPE':
      return 'overrun'
    case 'EINVAL':
      return 'skipped'
    default:
      return undefined
  }
}
