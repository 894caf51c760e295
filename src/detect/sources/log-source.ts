/** A log as a stream of lines with a resumable cursor. Each log is one folder beside this file, with the same file names. */
import type { LogName, Trust } from '../../model/evidence.ts'
import type { Steady } from '../lifecycle/state.ts'

/** One line. The object and its bytes are reused for the next one: copy what must outlive the call. */
export interface LogLine {
  readonly bytes: Uint8Array
  /** The text is `bytes[start, end)`, without framing. */
  readonly start: number
  readonly end: number
  /** Unique in its log within one boot: it names what the line shows. */
  readonly position: number | string
  readonly trust: Trust
  /** The unit that wrote it, where the log attests one. */
  readonly unit?: string
  /** When it was written, as far as the log tells; NaN when it does not. Read only of lines that mean something. */
  at(): Steady
  /** The line together with the pieces in front of it, where the log holds one line in several records. */
  readonly joined?: { readonly bytes: Uint8Array; readonly end: number } | undefined
}

/** What one turn of reading did. Handed over after its lines. */
export interface LogBatch {
  /** Where to go on after this batch: the name of the cursor in the state file, and its place; absent before the first line. */
  readonly cursor?: { readonly source: string; readonly position: number | string }
  /** The log is read to its end: what is not in here has not been logged yet. */
  readonly atEnd: boolean
  /** Lines that were lost before they were read. */
  readonly lost: number
  readonly lines: number
  /** Those of them that were handed over; the others can mean nothing. */
  readonly looked: number
  /** Those of them that have no framing of this log: nothing says when and by whom they were written. */
  readonly unframed?: number
}

export interface LogSink {
  line(line: LogLine): void
  batch(batch: LogBatch): void
  /** The log became unreadable; it is opened again later. `why` says what to do. */
  broke(why: string): void
  /** This machine has no such log, which is no fault. */
  absentLog(why: string): void
}

export interface LogSource {
  readonly name: LogName
  /** How lost lines are told; absent where none are lost. */
  readonly losses?: { readonly reason: string; readonly message: (lost: number) => string }
  /** False when a turn that was due long ago has not run. */
  readonly alive: boolean
  /** Reads on for ever; no line is handed over before it is called. */
  start(sink: LogSink): void
  /** Reads at once what is there, also before `start`; resolves when that is handed over. */
  check(sink: LogSink): Promise<void>
  /** No line is handed over after it returns. */
  stop(): void
}
