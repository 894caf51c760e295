/**
 * Puts a line together again that the kernel logged in pieces: `pr_cont()` after another CPU's line makes a record of
 * its own, flagged as continued. Rules see the piece and, through this, the line up to it.
 */
import type { RecordView } from './record.ts'

/** Longest line that is put together; the kernel's own limit for one record is 1 KiB. */
const longestJoined = 4096

export interface Joined {
  readonly bytes: Uint8Array
  readonly end: number
}

/** Keeps the newest line; costs nothing while no record is continued. */
export class LineJoiner {
  readonly #joined = new Uint8Array(longestJoined)
  /** The newest line; one plain object, because this runs for every record. */
  readonly #line: { bytes: Uint8Array; start: number; end: number } = { bytes: this.#joined, start: 0, end: 0 }

  /**
   * Takes the next record. Returns the line so far when the record goes on where the one before it stopped, undefined
   * for every other record. `bytes` of one call must stay untouched until the next.
   */
  take(bytes: Uint8Array, record: RecordView): Joined | undefined {
    const line = this.#line
    if (record.continued && line.end > line.start) return this.#join(bytes, record)
    line.bytes = bytes
    line.start = record.textStart
    line.end = record.textEnd
    return undefined
  }

  #join(bytes: Uint8Array, record: RecordView): Joined {
    const line = this.#line
    const head = Math.min(line.end - line.start, longestJoined)
    if (line.bytes !== this.#joined) this.#joined.set(line.bytes.subarray(line.start, line.start + head))
    const room = longestJoined - head
    const tail = bytes.subarray(record.textStart, Math.min(record.textEnd, record.textStart + room))
    this.#joined.set(tail, head)
    line.bytes = this.#joined
    line.start = 0
    line.end = head + tail.length
    return { bytes: this.#joined, end: line.end }
  }
}
