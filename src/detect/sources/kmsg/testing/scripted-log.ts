/** A kernel log for tests: records on demand, a ring that is overwritten, reads that fail. */
import type { KmsgReader, ReadOutcome } from '../reader.ts'
import { parseRecord, type RecordView } from '../record.ts'

export class ScriptedLog implements KmsgReader {
  readonly consecutive = true
  readonly passed = 0
  readonly #ring: { readonly sequence: number; readonly bytes: Buffer }[] = []
  #next = 0
  #sequence = 0
  #overrun = false
  #broken: Error | undefined
  #resolve: (() => void) | undefined
  #reject: ((error: Error) => void) | undefined
  buffer: Uint8Array = Buffer.alloc(0)
  /** Number of reads and waits, which show the cost of pacing. */
  readonly counts = { reads: 0, wakes: 0 }

  /** Logs one line as the kernel does; facility 1 when `priority` is 12. */
  write(text: string, { priority = 6, usec = 0, flags = '-' } = {}): void {
    const sequence = this.#sequence++
    this.#ring.push({ sequence, bytes: Buffer.from(`${priority},${sequence},${usec},${flags};${text}\n`, 'latin1') })
    this.#resolve?.()
  }

  /** Overwrites all but the newest `keep` records. */
  overwrite(keep: number): void {
    const gone = this.#ring.splice(0, Math.max(0, this.#ring.length - keep))
    if (gone.some((one) => one.sequence >= this.#next)) this.#overrun = true
  }

  /** Makes every read fail until the log is reopened. */
  break(error: Error): void {
    this.#broken = error
    this.#reject?.(error)
  }

  /** Reopens the log at its oldest record, as open(2) does. */
  open(): this {
    this.#next = 0
    this.#overrun = false
    this.#broken = undefined
    return this
  }

  next(into: RecordView): ReadOutcome {
    this.counts.reads++
    if (this.#broken) throw this.#broken
    if (this.#overrun) {
      this.#overrun = false
      return 'overrun'
    }
    const found = this.#ring.find((one) => one.sequence >= this.#next)
    if (!found) return 'nothing'
    this.#next = found.sequence + 1
    this.buffer = found.bytes
    return parseRecord(found.bytes, 0, found.bytes.length, into) ? 'record' : 'skipped'
  }

  wake(): Promise<void> {
    this.counts.wakes++
    if (this.#next < this.#sequence) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  close(): void {
    this.#resolve = undefined
    this.#reject = undefined
  }
}

/** The text of a record that a sink received. */
export function textOf(bytes: Uint8Array, record: RecordView): string {
  return Buffer.from(bytes.subarray(record.textStart, record.textEnd)).toString('latin1')
}
