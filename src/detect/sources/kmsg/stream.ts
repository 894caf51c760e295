/** The kernel log as a stream of records: drains, paces, counts what was lost, opens again what broke. */
import type { Cancel, Clock, Random } from '../../../telemetry/clock.ts'
import { nextPause, silenceMs } from './pace.ts'
import type { KmsgReader, ReadOutcome } from './reader.ts'
import { emptyRecord, type RecordView } from './record.ts'

/** Most records in one turn: other work of the process waits that long at most, some milliseconds. */
export const batchRecords = 1024

/** Waiting time before a broken log is opened again; doubles up to a minute. */
const reopenMs = 1000
const longestReopenMs = 60_000

/** A turn that is late by this much means that the loop is dead. */
const overdueMs = 30_000

/** What one turn did. Handed over after the records themselves. */
export interface Batch {
  readonly records: number
  /** How many of them were plain and not handed over. */
  readonly plain: number
  /** Records that the ring lost before they were read. */
  readonly lost: number
  /** Records that were there and could not be read. */
  readonly skipped: number
  /** Another log has taken the place of the one before, and is read from its start. */
  readonly restarted: boolean
  /** Where to go on after this batch: the sequence number (device) or offset (file) after the newest record. */
  readonly position: number
  /** The log is read to its end: what is not in here has not been logged yet. */
  readonly atEnd: boolean
}

export interface KmsgSink {
  /** One record. `bytes` and `record` are reused: copy what must outlive the call. */
  record(bytes: Uint8Array, record: RecordView): void
  batch(batch: Batch): void
  /** The log became unreadable; it is opened again later. */
  broke(error: Error): void
}

export interface KmsgStreamOptions {
  /** Opens the log; `from` is the position to go on from, a hint for readers that can seek. May throw. */
  readonly open: (from: number | undefined) => KmsgReader
  /** Position of a stored cursor of this boot: records before it have had their effect. */
  readonly from?: number
  readonly clock: Clock
  readonly random: Random
  readonly sink: KmsgSink
}

export class KmsgStream {
  readonly #options: KmsgStreamOptions
  readonly #record = emptyRecord()
  #reader: KmsgReader | undefined
  #position: number | undefined // next sequence that is expected; undefined before the first record without a cursor
  #newest = -1 // sequence of the newest record since the log was opened
  #pausedMs = 0
  #spokenAt = Number.NEGATIVE_INFINITY // monotonic time of the newest batch that had records in it
  #failures = 0
  #due = 0 // monotonic time by which the next turn must have run; Infinity while the log itself wakes us
  #cancel: Cancel | undefined
  #stopped = false

  constructor(options: KmsgStreamOptions) {
    this.#options = options
    this.#position = options.from
  }

  /** Opens the log and reads on for ever; the first turn runs before it returns. */
  start(): void {
    this.#turn()
  }

  /** No record is handed over after it returns. */
  stop(): void {
    this.#stopped = true
    this.#cancel?.()
    this.#reader?.close()
    this.#reader = undefined
  }

  /** Reads at once what is there, to its end. Does nothing while the log cannot be opened: a turn is due then. */
  glance(): void {
    if (this.#stopped || !this.#reader) return
    try {
      let batch: Batch
      do {
        batch = this.#drain(this.#reader) // to the end: the log wakes us for what it holds, not for what the reader does
        this.#options.sink.batch(batch)
      } while (!batch.atEnd)
      if (!this.#reader) this.#again() // it distrusts its position and begins anew
    } catch (error) {
      this.#fail(error)
    }
  }

  /** False when the loop has died: a turn that was due long ago has not run. */
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
    if (atEnd && reader.consecutive) this.#distrustCursorAhead(reader)
    return { records: records + plain, plain, lost, skipped, restarted, position: this.#position ?? 0, atEnd }
  }

  /** Plain records follow the newest one, with nothing between them. */
  #pass(records: number): void {
    this.#newest += records
    this.#position = Math.max(this.#position ?? 0, this.#newest + 1)
  }

  /** Hands one record over, unless it had its effect before. Returns how many records are missing in front of it. */
  #take(reader: KmsgReader, record: RecordView): number {
    this.#newest = record.sequence
    const expected = this.#position
    if (expected !== undefined && record.sequence < expected) return 0
    this.#options.sink.record(reader.buffer, record)
    this.#position = record.sequence + 1
    return reader.consecutive && expected !== undefined ? record.sequence - expected : 0
  }

  /** A stored position that this log has not reached belongs to another log: everything in this one is unseen. */
  #distrustCursorAhead(reader: KmsgReader): void {
    if (this.#newest < 0 || this.#position === undefined || this.#newest + 1 >= this.#position) return
    reader.close()
    this.#reader = undefined
    this.#position = undefined
  }

  #schedule(batch: Batch): void {
    if (!batch.atEnd || !this.#reader) {
      this.#after(0)
    } else if (batch.records > 0) {
      this.#spokenAt = this.#options.clock.monotonic()
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
        if (this.#options.clock.monotonic() - this.#spokenAt > silenceMs) this.#pausedMs = 0
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
