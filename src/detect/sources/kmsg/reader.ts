/** What the kernel log source needs of a log: a device, or a file with the same records. */
import type { RecordView } from './record.ts'

/**
 * The result of one read. `nothing`: no record for now. `overrun`: the ring was overwritten, and the next read returns
 * the oldest record left. `skipped`: one record could not be read. `restarted`: another log replaced this one, so old
 * positions are invalid.
 */
export type ReadOutcome = 'record' | 'nothing' | 'overrun' | 'skipped' | 'restarted'

export interface KmsgReader {
  /** True when sequence numbers count records, so that a gap is a loss. Otherwise they are only unique and growing. */
  readonly consecutive: boolean
  /** The buffer with the last record. The previous record stays readable in the buffer that was current then. */
  readonly buffer: Uint8Array
  /** Reads the next record without waiting. Throws the error that makes the log unreadable. */
  next(into: RecordView): ReadOutcome
  /** How many plain records the last `next` skipped before its result, see {@link Skimmer}. */
  readonly passed: number
  /** Resolves when there may be more to read; rejects when the log became unreadable. One call at a time. */
  wake(): Promise<void>
  /** Releases the log; a pending `wake` never settles. */
  close(): void
}

/** Size of a read buffer, bytes: some 200 records. A larger buffer is not faster. */
export const batchBytes = 32_768

/**
 * Skips plain records: well framed, next in sequence, ended by a newline, not continued by the next record, and without
 * any literal of a rule. A record that a rule could match is never skipped.
 */
export interface Skimmer {
  /** The buffers to fill with records, {@link batchBytes} each. */
  readonly buffers: readonly [Uint8Array, Uint8Array]
  /**
   * Returns where the first record in `buffer[at, end)` begins that is not plain. `at` is the start of a record and
   * `sequence` its expected number. The last record is never plain, because the next batch may continue it.
   */
  skim(buffer: Uint8Array, at: number, end: number, sequence: number): number
  /** How many records the last `skim` skipped. */
  readonly passed: number
}
