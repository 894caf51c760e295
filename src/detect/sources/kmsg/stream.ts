/** The kernel log as a stream of records: drains it, paces the reads, counts lost records and reopens a broken log. */
import type { Cancel, Clock, Random } from '../../../telemetry/clock.ts'
import { nextPause, silenceMs } from './pace.ts'
import type { KmsgReader, ReadOutcome } from './reader.ts'
import { emptyRecord, type RecordView } from './record.ts'

/** Most records in one turn, so that other work waits only some milliseconds. */
export const batchRecords = 1024

/** Delay before a broken log is reopened; doubles up to a minute. */
const reopenMs = 1000
const longestReopenMs = 60_000

/** A turn that is late by this much has failed to run. */
const overdueMs = 30_000

/** The result of one turn, handed over after its records. */
export interface Batch {
  readonly records: number
  /** How many of `records` were plain and not handed over. */
  readonly plain: number
  /** Records that the ring overwrote before they were read. */
  readonly lost: number
  /** Records that exist but could not be read. */
  readonly skipped: number
  /** True when another log replaced this one; the new one is read from its start. */
  readonly restarted: boolean
  /** Where to resume after this batch: the sequence number (device) or byte offset (file) after the newest record. */
  readonly position: number
  /** True when the log has been read to its end. */
  readonly atEnd: boolean
}

export interface KmsgSink {
  /** Takes one record. `bytes` and `record` are reused, so copy what must outlive the call. */
  record(bytes: Uint8Array, record: RecordView): void
  batch(batch: Batch): void
  /** The log became unreadable; the stream reopens it later. */
  broke(error: Error): void
}

export interface KmsgStreamOptions {
  /** Opens the log. `from` is the position to resume at, for readers that can seek. May throw. */
  readonly open: (from: number | undefined) => KmsgReader
  /** Position of a stored cursor; earlier records have already been processed. */
  readonly from?: number
  readonly clock: Clock
  readonly random: Random
  readonly sink: KmsgSink
}

export class KmsgStream {
  readonly #options: KmsgStreamOptions
  readonly #record = emptyRecord()
  #reader: KmsgReader | undefined
  #position: number | undefined // next expected sequence; undefined before the first record when there is no cursor
  #newest = -1 // sequence of the newest record since the log was opened
  #pausedMs = 0
  #newestBatchAt = Number.NEGATIVE_INFINITY // monotonic time of the newest batch with records
  #failures = 0
  #due = 0 // monotonic time when the next turn is due; Infinity while waiting for the log
  #cancel: Cancel | undefined
  #stopped = false

  constructor(options: KmsgStreamOptions) {
    this.#options = options
    this.#position = options.from
  }

  /** Opens the log and reads until `stop`. The first turn runs before this call returns. */
  start(): void {
    this.#turn()
  }

  /** Stops reading; no record is handed over afterwards. */
  stop(): void {
    this.#stopped = true
    this.#cancel?.()
    this.#reader?.close()
    this.#reader = undefined
  }

  /**
   * Reads what the log holds now, to its end. Does nothing while the log cannot be opened, because a turn is scheduled
   * then.
   */
  readNow(): void {
    if (this.#stopped || !this.#reader) return
    try {
      let batch: Batch
      do {
        // Drains to the end, because `wake` fires for new records only and not for those in the reader's buffer.
        batch = this.#drain(this.#reader)
        this.#options.sink.batch(batch)
      } while (!batch.atEnd)
      if (!this.#reader) this.#again() // the cursor was rejected: begin anew
    } catch (error) {
      this.#fail(error)
    }
  }

  /** True unless a scheduled turn is more than 30 s overdue. */
  get alive(): boolean {
    return this.#options.clock.monotonic() < this.#due + overdueMs
  }

  /** False while the log cannot be opened or read. */
  get reading(): boolean {
    return this.#reader !== undefined
  }

  #turn(): void {
    if (this.#stopped) return
    try {
      this.#reader ??= this.#open()
      const batch = this.#drain(this.#reader)
      this.#failures = 0
      if (batch.records > 0 || batch.lost > 0 || batch.skipped > 0 || batch.atEnd) this.#options.sink.batch(batch)
      this.#schedule(batch)
    } catch (error) {
      this.#fail(error)
    }
  }

  #open(): KmsgReader {
    this.#newest = -1
    return this.#options.open(this.#position)
  }

  #drain(reader: KmsgReader): Batch {
    const record = this.#record
    let records = 0
    let plain = 0
    let lost = 0
    let skipped = 0
    let restarted = false
    let outcome: ReadOutcome
    do {
      outcome = reader.next(record)
      if (reader.passed > 0) {
        plain += reader.passed
        this.#pass(reader.passed)
      }
      if (outcome === 'skipped') {
        skipped++
        if (this.#newest >= 0) this.#newest++
        if (this.#position !== undefined) this.#position++
      }
      if (outcome === 'restarted') {
        restarted = true
        this.#position = undefined
        this.#newest = -1
      }
      if (outcome === 'record') {
        records++
        lost += this.#take(reader, record)
      }
    } while (outcome !== 'nothing' && records + plain < batchRecords)
    const atEnd = outcome === 'nothing'
    if (atEnd && reader.consecutive) this.#rejectCursorAhead(reader)
    return { records: records + plain, plain, lost, skipped, restarted, position: this.#position ?? 0, atEnd }
  }

  /** Counts plain records, which follow the newest one without a gap. */
  #pass(records: number): void {
    this.#newest += records
    this.#position = Math.max(this.#position ?? 0, this.#newest + 1)
  }

  /** Hands over one record, unless it has been processed before. Returns how many records are missing before it. */
  #take(reader: KmsgReader, record: RecordView): number {
    this.#newest = record.sequence
    const expected = this.#position
    if (expected !== undefined && record.sequence < expected) return 0
    this.#options.sink.record(reader.buffer, record)
    this.#position = record.sequence + 1
    return reader.consecutive && expected !== undefined ? record.sequence - expected : 0
  }

  /** A stored position that this log has not reached belongs to another log, so this log is read from its start. */
  #rejectCursorAhead(reader: KmsgReader): void {
    if (this.#newest < 0 || this.#position === undefined || this.#newest + 1 >= this.#position) return
    reader.close()
    this.#reader = undefined
    this.#position = undefined
  }

  #schedule(batch: Batch): void {
    if (!batch.atEnd || !this.#reader) {
      this.#after(0)
    } else if (batch.records > 0) {
      this.#newestBatchAt = this.#options.clock.monotonic()
      this.#pausedMs = nextPause(batch.records, this.#pausedMs)
      this.#after(this.#pausedMs)
    } else {
      this.#sleepOn(this.#reader)
    }
  }

  #sleepOn(reader: KmsgReader): void {
    this.#due = Number.POSITIVE_INFINITY
    reader.wake().then(
      () => {
        if (this.#options.clock.monotonic() - this.#newestBatchAt > silenceMs) this.#pausedMs = 0
        this.#turn()
      },
      (error: unknown) => this.#fail(error),
    )
  }

  #again(): void {
    this.#cancel?.()
    this.#after(0)
  }

  #after(ms: number): void {
    this.#due = this.#options.clock.monotonic() + ms
    this.#cancel = this.#options.clock.after(ms, () => this.#turn())
  }

  #fail(error: unknown): void {
    if (this.#stopped) return
    this.#reader?.close()
    this.#reader = undefined
    const wait = Math.min(longestReopenMs, reopenMs * 2 ** this.#failures++)
    this.#after(wait * (0.5 + this.#options.random() / 2))
    this.#options.sink.broke(error instanceof Error ? error : new Error(String(error)))
  }
}
