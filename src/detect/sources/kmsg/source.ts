/** The kernel log as a log source: a device or a file, resumed at the stored cursor when it belongs to this log. */
import type { Trust } from '../../../model/evidence.ts'
import type { Clock, Random } from '../../../telemetry/clock.ts'
import type { Log } from '../../../telemetry/log.ts'
import type { Cursors } from '../../ledger/state-file.ts'
import type { SteadyTime } from '../../ledger/steady-time.ts'
import type { Steady } from '../../lifecycle/state.ts'
import type { Tables } from '../../match/prefilter.ts'
import type { LogLine, LogSink, LogSource } from '../log-source.ts'
import { LineJoiner } from './continuation.ts'
import type { KmsgMetrics } from './metrics.ts'
import { KernelLog } from './open.ts'
import type { KmsgReader, Skimmer } from './reader.ts'
import { fromKernel, type RecordView, usecOf } from './record.ts'
import { createSkimmer } from './skim.ts'
import { type Batch, type KmsgSink, KmsgStream } from './stream.ts'

export interface KmsgSourceOptions {
  /** The device, or a file with records. */
  readonly path: string
  readonly clock: Clock
  readonly random: Random
  readonly time: SteadyTime
  readonly log: Log
  readonly metrics: KmsgMetrics
  /** The literals of the rules in force, for {@link Skimmer}. */
  readonly tables: () => Tables
  /** Stored cursors, and whether they belong to this boot. */
  readonly cursors: Cursors
  readonly sameBoot: boolean
  /** For saved logs and tests: opens a log in place of the one at `path`. */
  readonly open?: (from: number | undefined) => KmsgReader
}

export function kmsgSource(options: KmsgSourceOptions): LogSource {
  return new KmsgSource(options)
}

class KmsgSource implements LogSource, KmsgSink {
  readonly name = 'kmsg'
  readonly losses = {
    reason: 'KernelLogOverrun',
    message: (lost: number) => `${lost} records of the kernel log were overwritten before they could be read`,
  }
  readonly flood = {
    reason: 'KernelLogFlood',
    linesPerSecond: 1_000,
    message: (linesPerSecond: number) => `the kernel writes ${linesPerSecond} lines a second to its log`,
  }
  readonly #options: KmsgSourceOptions
  readonly #kernelLog: KernelLog
  readonly #stream: KmsgStream
  readonly #joiner = new LineJoiner()
  readonly #line: KmsgLine
  #sink: LogSink | undefined
  /** Counts since the last batch: records longer than the buffer, and lines without framing. */
  #cut = 0
  #unframed = 0
  #handedOver = 0
  #unreadableLogged = false
  /** Created when the log becomes busy for the first time. */
  #skimmer: { readonly of: Tables; readonly it: Skimmer } | undefined

  constructor(options: KmsgSourceOptions) {
    const { path, clock, random, cursors, sameBoot } = options
    this.#options = options
    this.#kernelLog = new KernelLog(path, clock, cursors)
    this.#line = new KmsgLine(options.time)
    const stored = this.#kernelLog.kind === 'file' || sameBoot ? cursors[this.#kernelLog.cursor] : undefined
    const from = typeof stored === 'number' ? { from: stored } : {}
    const open = options.open ?? ((position) => this.#open(position))
    this.#stream = new KmsgStream({ clock, random, open, sink: this, ...from })
  }

  get alive(): boolean {
    return this.#stream.alive
  }

  start(sink: LogSink): void {
    this.#sink = sink
    this.#stream.start()
  }

  async check(sink: LogSink): Promise<void> {
    if (this.#sink === undefined) this.start(sink)
    this.#stream.readNow()
  }

  stop(): void {
    this.#stream.stop()
  }

  #open(position: number | undefined): KmsgReader {
    const { metrics } = this.#options
    return this.#kernelLog.open(position, { skimmer: () => this.#skimmerNow(), onWait: (by) => metrics.waits(by) })
  }

  /** The skimmer for the rules in force. */
  #skimmerNow(): Skimmer {
    const tables = this.#options.tables()
    if (this.#skimmer?.of !== tables) this.#skimmer = { of: tables, it: createSkimmer(tables) }
    return this.#skimmer.it
  }

  record(bytes: Uint8Array, record: RecordView): void {
    if (record.stampStart < 0) this.#unframed++
    if (record.textEnd === bytes.length) this.#cut++ // no newline at the end: the record was cut
    this.#handedOver++
    const line = this.#line
    line.joined = this.#joiner.take(bytes, record)
    line.take(bytes, record)
    this.#sink?.line(line)
  }

  batch(batch: Batch): void {
    const unreadable = batch.skipped + this.#cut
    this.#options.metrics.batch(batch, { unreadable, unframed: this.#unframed })
    this.#logBatch(batch, unreadable)
    const [handedOver, unframed] = [this.#handedOver, this.#unframed]
    this.#cut = 0
    this.#unframed = 0
    this.#handedOver = 0
    this.#sink?.batch({
      cursor: { source: this.#kernelLog.cursor, position: batch.position },
      atEnd: batch.atEnd,
      lost: batch.lost,
      lines: batch.records,
      handedOver,
      unframed,
    })
  }

  #logBatch(batch: Batch, unreadable: number): void {
    const { log } = this.#options
    if (batch.lost > 0) log.warn('kernel log records were lost', { monitor: 'kernel', lost: batch.lost })
    if (batch.restarted) {
      const why = 'the file was truncated or replaced; reading continues at its start'
      log.warn('the kernel log was replaced', { monitor: 'kernel', why })
    }
    if (unreadable === 0 || this.#unreadableLogged) return
    this.#unreadableLogged = true
    const what =
      'some kernel log records could not be read completely; nodemend_kmsg_unreadable_records_total counts them'
    log.warn(what, { monitor: 'kernel', records: unreadable })
  }

  broke(error: Error): void {
    this.#sink?.broke(`The kernel log cannot be read: ${explain(error)}`)
  }
}

/** One reused object for all records, because this code runs for every record. */
class KmsgLine implements LogLine {
  readonly #time: SteadyTime
  bytes: Uint8Array = new Uint8Array()
  start = 0
  end = 0
  position = 0
  trust: Trust = 'kernel'
  joined: { readonly bytes: Uint8Array; readonly end: number } | undefined
  #record: RecordView | undefined

  constructor(time: SteadyTime) {
    this.#time = time
  }

  take(bytes: Uint8Array, record: RecordView): void {
    this.bytes = bytes
    this.start = record.textStart
    this.end = record.textEnd
    this.position = record.sequence
    this.trust = fromKernel(record) ? 'kernel' : 'userspace'
    this.#record = record
  }

  at(): Steady {
    return this.#record ? this.#time.fromBoot(usecOf(this.bytes, this.#record) / 1000) : Number.NaN
  }
}

/** Explains an error of the kernel log and what to do about it. */
export function explain(error: Error): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EPERM':
    case 'EACCES':
      return 'permission denied; run privileged (the device needs it in a container), or as root, who may read a file'
    case 'ENOENT':
      return 'the file does not exist; mount the host at HOST_ROOT, or give a file with --kmsg'
    case 'ENOTDIR':
      return 'a part of its path is a file; HOST_ROOT is the folder where the host is mounted'
    case 'EIO':
      return 'its disk does not answer; copy the log from elsewhere and give it with --kmsg'
    default:
      return error.message
  }
}
