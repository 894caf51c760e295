/** What a kernel log has to offer its source: a device, or a file that holds the same records. */
import type { RecordView } from './record.ts'

/**
 * What one read gave: a record; nothing more for now; `overrun`, when the ring was overwritten before we read it (the
 * next read gives the oldest record that is left); `skipped`, when one record was there and could not be read; `restarted`,
when another log has taken the place of the one before: positions in that one mean nothing any more.
 */
export type ReadOutcome = 'record' | 'nothing' | 'overrun' | 'skipped' | 'restarted'

export interface KmsgReader {
  /** Sequence numbers count records, so a gap is a loss; otherwise they are only unique and growing. */
  readonly consecutive: boolean
  /** The bytes of the last record. The record before it stays readable in the buffer that was current then. */
  readonly buffer: Uint8Array
  /** Reads the next record without waiting. Throws what makes the log unreadable. */
  next(into: RecordView): ReadOutcome
  /** How many plain records the last `next` passed over before what it returned, see {@link Skimmer}. */
  readonly passed: number
  /** Resolves when there may be more to read; rejects when the log became unreadable. One call at a time. */
  wake(): Promise<void>
  /** Releases it; a `wake` under way never ends. */
  close(): void
}

/** Size of a buffer for records that are read at once, some 200: more would save nothing. */
export const batchBytes = 32_768

/**
 * Passes over plain records: well framed, next in sequence, ended by a newline, not continued by the next one, and
 * without any literal of any rule. Nothing that a rule could mean is ever passed over.
 */
export interface Skimmer {
  /** Where records must lie; each holds {@link batchBytes}. */
  readonly buffers: readonly [Uint8Array, Uint8Array]
  /**
   * Where in `buffer[at, end)` the first record begins that is not plain; `at` is where a record begins, and `sequence`
   * is what its number should be. The last record is never plain: the next batch may go on with it.
   */
  skim(buffer: Uint8Array, at: number, end: number, sequence: number): number
  /** How many the last `skim` passed over. */
  readonly passed: number
}
