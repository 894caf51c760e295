/**
 * A file or FIFO that holds kernel log records, for machines whose device cannot be read, for tests and for the demo.
 * A line without framing counts as written by user space, so that `echo 'NVRM: Xid …' >> FILE` works as it does on the
 * device. A record's sequence number is its byte offset: it is unique, and it is the cursor. A file that was truncated
 * or whose name went to another one (log rotation) is a new log, read from its start.
 */
import { closeSync, constants, type FSWatcher, fstatSync, openSync, readSync, statSync, watch } from 'node:fs'
import type { Clock } from '../../../telemetry/clock.ts'
import { sleep } from '../../../telemetry/clock.ts'
import type { KmsgReader } from './reader.ts'
import { parseRecord, type RecordView } from './record.ts'

const chunkBytes = 65_536
const newline = 0x0a
const space = 0x20
/** Facility 1 (user), level 4: what the kernel gives to a line that user space writes without a prefix. */
const userWarning = 12

/** How often a file is looked at even if inotify says nothing (some network and FUSE file systems never do). */
export const filePollMs = 1_000

export interface KmsgFileOptions {
  readonly path: string
  readonly clock: Clock
  /** Byte offset to go on from; means nothing in a file that is shorter, and in a FIFO. */
  readonly from?: number
}

/** Opens `path`; throws the error of open(2). A FIFO is opened for both ends, so writers may come and go. */
export function openKmsgFile(options: KmsgFileOptions): KmsgReader {
  return new KmsgFile(options)
}

class KmsgFile implements KmsgReader {
  readonly consecutive = false
  readonly passed = 0
  readonly #path: string
  #descriptor: number
  readonly #fifo: boolean
  readonly #clock: Clock
  #watcher: FSWatcher | undefined
  /** Ends the wait that is under way. */
  #stir: () => void = () => undefined
  #current = Buffer.allocUnsafeSlow(chunkBytes)
  #other = Buffer.allocUnsafeSlow(chunkBytes)
  #at = 0 // first unread byte in #current
  #end = 0 // end of the bytes in #current
  #offset = 0 // of #current[0] in the file
  #restarted = false // told by the next `next`
  #cut = false // the rest of a line that did not fit is being skipped

  constructor({ path, clock, from = 0 }: KmsgFileOptions) {
    this.#path = path
    this.#clock = clock
    const probe = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    this.#fifo = fstatSync(probe).isFIFO()
    this.#descriptor = this.#fifo ? openSync(path, constants.O_RDWR | constants.O_NONBLOCK) : probe
    if (this.#fifo) closeSync(probe)
    if (!this.#fifo && from <= fstatSync(probe).size) this.#resume(from)
    else this.#restarted = from > 0
    this.#watcher = watchFile(path, () => this.#stir())
  }

  get buffer(): Uint8Array {
    return this.#current
  }

  next(into: RecordView): 'record' | 'nothing' | 'restarted' {
    for (;;) {
      if (this.#restarted) {
        this.#restarted = false
        return 'restarted'
      }
      const stop = this.#current.subarray(0, this.#end).indexOf(newline, this.#at)
      if (stop >= 0) {
        const start = this.#at
        this.#at = stop + 1
        if (this.#cut) this.#cut = false
        else if (start < stop && this.#current[start] !== space) return this.#record(start, stop, into)
      } else if (this.#at === 0 && this.#end === chunkBytes) {
        this.#at = this.#end
        if (!this.#cut) {
          this.#cut = true
          return this.#record(0, this.#end, into)
        }
      } else if (!this.#refill()) {
        return 'nothing'
      }
    }
  }

  wake(): Promise<void> {
    const enough = new AbortController()
    return new Promise((resolve) => {
      this.#stir = () => {
        enough.abort()
        resolve()
      }
      sleep(this.#clock, filePollMs, enough.signal).then(this.#stir, () => undefined)
    })
  }

  close(): void {
    this.#watcher?.close()
    this.#stir()
    closeSync(this.#descriptor)
  }

  #record(start: number, stop: number, into: RecordView): 'record' {
    if (!parseRecord(this.#current, start, stop, into)) {
      into.priority = userWarning
      into.stampStart = -1
      into.continued = false
      into.textStart = start
      into.textEnd = stop
    }
    into.sequence = this.#offset + start
    return 'record'
  }

  /** Reads more behind the unread rest, which moves into the other buffer. False when there is no more for now. */
  #refill(): boolean {
    const rest = this.#end - this.#at
    const into = this.#other
    const position = this.#fifo ? null : this.#offset + this.#end
    const length = this.#read(into, rest, position)
    if (length === 0) return !this.#fifo && (this.#rewind() || this.#follow())
    this.#current.copy(into, 0, this.#at, this.#end)
    this.#other = this.#current
    this.#current = into
    this.#offset += this.#at
    this.#at = 0
    this.#end = rest + length
    return true
  }

  #read(into: Buffer, from: number, position: number | null): number {
    try {
      return readSync(this.#descriptor, into, from, chunkBytes - from, position)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0
      throw error
    }
  }

  /** The stored position is one behind the newest record's first byte: its rest has been read already. */
  #resume(from: number): void {
    this.#offset = from
    this.#cut = from > 0 && readSync(this.#descriptor, this.#other, 0, 1, from - 1) === 1 && this.#other[0] !== newline
  }

  /** A file that became shorter was truncated: what it holds now is new. */
  #rewind(): boolean {
    if (fstatSync(this.#descriptor).size >= this.#offset + this.#end) return false
    this.#begin()
    return true
  }

  /** The name is another file's now: the one that is open has been read to its end, so the other one is next. */
  #follow(): boolean {
    const own = fstatSync(this.#descriptor)
    const named = statSync(this.#path, { throwIfNoEntry: false })
    if (!named?.isFile() || (named.ino === own.ino && named.dev === own.dev)) return false
    const descriptor = openSync(this.#path, constants.O_RDONLY | constants.O_NONBLOCK)
    closeSync(this.#descriptor)
    this.#descriptor = descriptor
    this.#watcher?.close()
    this.#watcher = watchFile(this.#path, () => this.#stir())
    this.#begin()
    return true
  }

  #begin(): void {
    this.#offset = 0
    this.#at = 0
    this.#end = 0
    this.#cut = false
    this.#restarted = true
  }
}

/** Tells of growth; undefined where there is no inotify to be had. */
function watchFile(path: string, onChange: () => void): FSWatcher | undefined {
  try {
    return watch(path, { persistent: false }, onChange).on('error', () => undefined)
  } catch {
    return undefined
  }
}
