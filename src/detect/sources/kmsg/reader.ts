/** What a kernel log has to offer its source: a device, or a file that holds the same records. */
import type { RecordView } from './record.ts'

/**
 * What one read gave: a record; nothing more for now; `overrun`, when the ring was overwritten before we read it (the
 * next read gives the oldest record that is left); `skipped`, when one record was there and could not be read.
 */
export type ReadOutcome = 'record' | 'nothing' | 'overrun' | 'skipped'

export interface KmsgReader {
  /** Sequence numbers count records, so a gap is a loss; otherwise they are only unique and growing. */
  readonly consecutive: boolean
  /** The bytes of the last record. The record before it stays readable in the buffer that was current then. */
  readonly buffer: Uint8Array
  /** Reads the next record without waiting. Throws what makes the log unreadable. */
  next(into: RecordView): ReadOutcome
  /** Resolves when there may be more to read; rejects when the log became unreadable. One call at a time. */
  wake(): Promise<void>
  /** Releases what can be released. A thread blocked in read(2) ends with the process. */
  close(): void
}
