/**
 * A log as a stream of lines with a resumable cursor. Each log has its own folder beside this file, with the same file
 * names.
 */
import type { LogName, Trust } from '../../model/evidence.ts'
import type { Steady } from '../lifecycle/state.ts'

/** One line. The source reuses the object and its bytes for the next line, so copy what must outlive the call. */
export interface LogLine {
  readonly bytes: Uint8Array
  /** The text is `bytes[start, end)`, without framing. */
  readonly start: number
  readonly end: number
  /** Unique in its log within one boot; findings use it to identify the line. */
  readonly position: number | string
  readonly trust: Trust
  /**
   * Where the line is from, when the log attests it. Of the journal: the unit that wrote it and, for a line of systemd
   * itself, the one that it is about. Of a log file: its path as rules name it.
   */
  readonly origins?: readonly string[]
  /** When the line was written; NaN when the log does not say. Called only for lines that a rule matches. */
  at(): Steady
  /** The line together with its earlier pieces, when the log split one line into several records. */
  readonly joined?: { readonly bytes: Uint8Array; readonly end: number } | undefined
}

/** The result of one turn of reading, reported after its lines. */
export interface LogBatch {
  /**
   * Where to resume after this batch: the cursor's name in the state file and its position. Absent before the first
   * line.
   */
  readonly cursor?: { readonly source: string; readonly position: number | string }
  /** True when the log has been read to its end. */
  readonly atEnd: boolean
  /** Lines that the log dropped before they were read. */
  readonly lost: number
  readonly lines: number
  /** How many of `lines` were handed over; no rule can match the others. */
  readonly handedOver: number
  /** How many of `lines` have no framing, so their time and writer are unknown. */
  readonly unframed?: number
  /** Why a part of the log could not be read, with what to do; the log counts as unreadable then. */
  readonly trouble?: string
}

export interface LogSink {
  line(line: LogLine): void
  batch(batch: LogBatch): void
  /** The log became unreadable; the source opens it again later. `why` says what to do. */
  broke(why: string): void
  /** This machine does not have this log, which is not a fault. */
  absentLog(why: string): void
}

export interface LogSource {
  readonly name: LogName
  /** The reason and message that report lost lines; absent for a log that loses none. */
  readonly losses?: { readonly reason: string; readonly message: (lost: number) => string }
  /** The reason and message that report more lines than a healthy log has; absent where any number is normal. */
  readonly flood?: {
    readonly reason: string
    readonly linesPerSecond: number
    readonly message: (linesPerSecond: number) => string
  }
  /** False when a scheduled turn is more than 30 s overdue. */
  readonly alive: boolean
  /** Starts reading, and reads until `stop`. No line is handed over before this call. */
  start(sink: LogSink): void
  /** Reads what the log holds now, also before `start`. Resolves after handing it over. */
  check(sink: LogSink): Promise<void>
  /** Stops reading; no line is handed over afterwards. */
  stop(): void
}
