/**
 * /dev/kmsg. One descriptor, which is waited for and then drained: a read that does not wait costs about 1.4 µs, where
 * one in the thread pool costs 60. What is there is read first and then looked through, so that a busy log's plain
 * records need no look of ours at all, see {@link Skimmer}. Measured in docs/adr/0006-reading-kmsg.md.
 */
import { closeSync, constants, openSync, readSync } from 'node:fs'
import type { Clock } from '../../../telemetry/clock.ts'
import { type Poll, pollOn, pollWith } from './poll.ts'
import { batchBytes, type KmsgReader, type ReadOutcome, type Skimmer } from './reader.ts'
import { parseRecord, type RecordView, recordEnd } from './record.ts'

/** A record with its dictionary is at most 8 KiB (CONSOLE_EXT_LOG_MAX); a shorter buffer would answer EINVAL. */
const recordBytes = 8192
const fullEnough = batchBytes - recordBytes
/** So many records without silence make a log busy. */
const busyRecords = 60

export interface DeviceOptions {
  readonly clock: Clock
  /** Gives the skimmer that fits the rules in force; asked only while the log is busy. */
  readonly skimmer?: () => Skimmer
  /** Told which way the device is waited for, at the first wait. */
  readonly onWait?: (by: 'poll' | 'timer') => void
}

/** Opens the device at `path`; throws the error of open(2) (`EPERM` without CAP_SYSLOG, `ENOENT`). */
export function openKmsgDevice(path: string, options: DeviceOptions): KmsgReader {
  return new KmsgDevice(path, options)
}

class KmsgDevice implements KmsgReader {
  readonly consecutive = true
  readonly #path: string
  readonly #options: DeviceOptions
  #descriptor: number
  #poll: Poll | undefined
  /** Two, so that the newest record of the batch before stays readable. A skimmer brings its own. */
  readonly #own = [new Uint8Array(batchBytes), new Uint8Array(batchBytes)] as const
  #current: Uint8Array = this.#own[0]
  #at = 0 // first byte in #current that was not looked at
  #end = 0 // end of the bytes in #current
  #first: Uint8Array | undefined // what the wait ended with; read behind what is in #current
  #sequence = -1 // of the record behind the newest one that was looked at; -1 when nothing is known
  /** Why the last batch ended, told once it has been looked at; absent when the buffer was full. */
  #outcome: ReadOutcome | Error | undefined
  /** Records since the log was last silent. What the ring held at the opening does not count. */
  #sinceSilence = Number.NEGATIVE_INFINITY
  #skimmer: Skimmer | undefined // of what is in #current
  passed = 0

  constructor(path: string, options: DeviceOptions) {
    this.#path = path
    this.#options = options
    this.#descriptor = openDevice(path)
  }

  get buffer(): Uint8Array {
    return this.#current
  }

  next(into: RecordView): ReadOutcome {
    this.passed = 0
    while (this.#at === this.#end) {
      const outcome = this.#outcome
      this.#outcome = undefined
      if (outcome instanceof Error) throw outcome
      if (outcome === 'nothing' && this.#sinceSilence < 0) this.#sinceSilence = 0
      if (outcome) return outcome
      this.#fill()
    }
    if (this.#skimmer) this.#skim(this.#skimmer)
    const framed = parseRecord(this.#current, this.#at, this.#end, into)
    this.#at = recordEnd(this.#current, framed ? into.textEnd : this.#at, this.#end)
    this.#sinceSilence++
    if (!framed) return 'skipped'
    this.#sequence = into.sequence + 1
    return 'record'
  }

  async wake(): Promise<void> {
    this.#sinceSilence = 0
    this.#poll ??= this.#pollNow()
    this.#first = await this.#poll.read()
    if (!this.#first) this.#openAgain()
  }

  #pollNow(): Poll {
    const { clock, onWait } = this.#options
    const poll = pollOn(this.#descriptor) ?? pollWith(clock, this.#descriptor)
    onWait?.(poll.by)
    return poll
  }

  close(): void {
    if (this.#poll) this.#poll.close()
    else closeSync(this.#descriptor)
  }

  /** Reads until nothing is left or the buffer is full, behind the record that ended the wait. */
  #fill(): void {
    this.#skimmer = this.#sinceSilence < busyRecords ? undefined : this.#options.skimmer?.()
    const buffers = this.#skimmer?.buffers ?? this.#own
    const into = buffers[0] === this.#current ? buffers[1] : buffers[0]
    if (this.#first) into.set(this.#first)
    let end = this.#first?.length ?? 0
    this.#first = undefined
    // The error that says "nothing more" comes with every batch, and its stack would cost as much as fifty records.
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    try {
      const descriptor = this.#descriptor
      while (end <= fullEnough) {
        const length = readSync(descriptor, into, end, recordBytes, null)
        if (length === 0) throw new Error(`${this.#path} ends: it is not the kernel log's device`)
        end += length
      }
    } catch (error) {
      this.#outcome = outcomeOf(error as Error) // node:fs throws Error
    } finally {
      Error.stackTraceLimit = stackTraceLimit
    }
    if (end === 0) return // the newest record stays readable until there is another one
    this.#current = into
    this.#at = 0
    this.#end = end
  }

  /** Passes over the plain records that come next. */
  #skim(skimmer: Skimmer): void {
    this.#at = skimmer.skim(this.#current, this.#at, this.#end, this.#sequence)
    this.passed = skimmer.passed
    this.#sinceSilence += this.passed
  }

  /** The ring went round while nobody read: a new descriptor begins at the oldest record that is left. */
  #openAgain(): void {
    const descriptor = openDevice(this.#path) // may throw, and then the old one is still there to be closed
    this.#poll?.close()
    this.#poll = undefined
    this.#descriptor = descriptor
  }
}

const openDevice = (path: string): number => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)

/** What read(2) on the device says; the error itself when the device is out of order. libuv tries again after EINTR. */
function outcomeOf(error: NodeJS.ErrnoException): ReadOutcome | Error {
  switch (error.code) {
    case 'EAGAIN':
      return 'nothing'
    case 'EPIPE':
      return 'overrun'
    case 'EINVAL':
      return 'skipped'
    default:
      return error
  }
}
