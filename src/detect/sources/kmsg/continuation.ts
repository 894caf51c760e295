/**
 * Joins lines that the kernel logged in pieces: after a line of another CPU, `pr_cont()` starts a new record, flagged
 * as continued. Rules match both the piece and the joined line.
 */
import type { RecordView } from './record.ts'

/** Longest joined line, bytes; the kernel limits one record to 1 KiB. */
const longestJoined = 4096

export interface Joined {
  readonly bytes: Uint8Array
  readonly end: number
}

/** Keeps the newest line, and copies only when a record continues it. */
export class LineJoiner {
  readonly #joined = new Uint8Array(longestJoined)
  /** The newest line; a plain reused object, because this code runs for every record. */
  readonly #line: { bytes: Uint8Array; start: number; end: number } = { bytes: this.#joined, start: 0, end: 0 }

  /**
   * Takes the next record, and returns the joined line so far when the record continues the one before it. `bytes` of
   * one call must stay unchanged until the next.
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
