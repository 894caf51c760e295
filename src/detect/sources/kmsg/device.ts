/**
 * Reads /dev/kmsg through one descriptor: waits for it, then drains it without waiting, because such a read costs 1.4
 * µs and one in the thread pool 60 µs. A batch is read before it is parsed, so a {@link Skimmer} can skip a busy log's
 * plain records. Measured in docs/adr/0006-reading-kmsg.md.
 */
import { closeSync, constants, openSync, readSync } from 'node:fs'
import type { Clock } from '../../../telemetry/clock.ts'
import { type Poll, pollOn, pollWith } from './poll.ts'
import { batchBytes, type KmsgReader, type ReadOutcome, type Skimmer } from './reader.ts'
import { parseRecord, type RecordView, recordEnd } from './record.ts'

/**
 * A record with its dictionary is at most 8 KiB (CONSOLE_EXT_LOG_MAX); with a shorter buffer the device answers EINVAL.
 */
const recordBytes = 8192
const fullEnough = batchBytes - recordBytes
/** A log is busy after this many records without silence. */
const busyRecords = 60

export interface DeviceOptions {
  readonly clock: Clock
  /** Returns the skimmer for the rules in force; called only while the log is busy. */
  readonly skimmer?: () => Skimmer
  /** Called at the first wait with how the device is waited for. */
  readonly onWait?: (by: 'poll' | 'timer') => void
}

/** Opens the device at `path`. Throws the error of open(2): `EPERM` without CAP_SYSLOG, `ENOENT`. */
export function openKmsgDevice(path: string, options: DeviceOptions): KmsgReader {
  return new KmsgDevice(path, options)
}

class KmsgDevice implements KmsgReader {
  readonly consecutive = true
  readonly #path: string
  readonly #options: DeviceOptions
  #descriptor: number
  #poll: Poll | undefined
  /** Two buffers, because the newest record of the previous batch must stay readable. A skimmer brings its own. */
  readonly #own = [new Uint8Array(batchBytes), new Uint8Array(batchBytes)] as const
  #current: Uint8Array = this.#own[0]
  #at = 0 // first byte in #current that has not been parsed
  #end = 0 // end of the bytes in #current
  #first: Uint8Array | undefined // the record that ended the wait; comes after those in #current
  #sequence = -1 // number of the next record that is expected; -1 when unknown
  /** Why the last batch ended, reported after its records; absent when the buffer was full. */
  #outcome: ReadOutcome | Error | undefined
  /** Records since the log was last silent. Records in the ring at the opening do not count. */
  #sinceSilence = Number.NEGATIVE_INFINITY
  #skimmer: Skimmer | undefined // owns the memory of #current
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

  /** Fills the buffer with the record that ended the wait and all that follow, until the buffer is full. */
  #fill(): void {
    this.#skimmer = this.#sinceSilence < busyRecords ? undefined : this.#options.skimmer?.()
    const buffers = this.#skimmer?.buffers ?? this.#own
    const into = buffers[0] === this.#current ? buffers[1] : buffers[0]
    if (this.#first) into.set(this.#first)
    let end = this.#first?.length ?? 0
    this.#first = undefined
    // Every batch ends with an EAGAIN error, and capturing its stack would cost as much as fifty records.
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
    if (end === 0) return // keeps the newest record readable until the next one
    this.#current = into
    this.#at = 0
    this.#end = end
  }

  /** Skips the plain records that come next. */
  #skim(skimmer: Skimmer): void {
    this.#at = skimmer.skim(this.#current, this.#at, this.#end, this.#sequence)
    this.passed = skimmer.passed
    this.#sinceSilence += this.passed
  }

  /** Reopens the device after the ring was overwritten; a new descriptor begins at the oldest record that is left. */
  #openAgain(): void {
    const descriptor = openDevice(this.#path) // may throw; the old descriptor then stays open for close()
    this.#poll?.close()
    this.#poll = undefined
    this.#descriptor = descriptor
  }
}

const openDevice = (path: string): number => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)

/** Translates the error of read(2), or returns it when the device is broken. libuv itself retries after EINTR. */
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
