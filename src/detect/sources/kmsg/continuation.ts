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
  #bytes: Uint8Array = this.#joined
  #start = 0
  #end = 0
  #sequence = -1

  /**
   * Takes the next record. Returns the line so far when the record goes on where the one before it stopped, undefined
   * for every other record. `bytes` of one call must stay untouched until the next.
   */
  take(bytes: Uint8Array, record: RecordView): Joined | undefined {
    const follows = record.continued && this.#sequence >= 0 && this.#end > this.#start
    this.#sequence = record.sequence
    if (!follows) {
      this.#bytes = bytes
      this.#start = record.textStart
      this.#end = record.textEnd
      return undefined
    }
    const head = Math.min(this.#end - this.#start, longestJoined)
    if (this.#bytes !== this.#joined) this.#joined.set(this.#bytes.subarray(this.#start, this.#start + head))
    const room = longestJoined - head
    const tail = bytes.subarray(record.textStart, Math.min(record.textEnd, record.textStart + room))
    this.#joined.set(tail, head)
    this.#bytes = this.#joined
    this.#start = 0
    this.#end = head + tail.length
    return { bytes: this.#joined, end: this.#end }
  }
}
