/** The kernel log: every rule of the catalogue whose source is `kmsg`. The shape that other monitors follow. */
import { conditionTypes } from '../../../model/condition.ts'
import type { LogEvidence } from '../../../model/evidence.ts'
import type { Match } from '../../../model/finding.ts'
import type { Clock, Random } from '../../../telemetry/clock.ts'
import type { Log } from '../../../telemetry/log.ts'
import type { Sighting, Watch } from '../../lifecycle/state.ts'
import type { Timeline } from '../../lifecycle/timeline.ts'
import type { Matcher } from '../../match/matcher.ts'
import type { KmsgReader, Skimmer } from '../../sources/kmsg/reader.ts'
import type { RecordView } from '../../sources/kmsg/record.ts'
import { createSkimmer } from '../../sources/kmsg/skim.ts'
import { type Batch, type KmsgSink, KmsgSource } from '../../sources/kmsg/source.ts'
import type { Monitor, Report } from '../monitor.ts'
import { explain, judgeFailed, judgeOverrun } from './judge.ts'
import { KernelReading } from './read.ts'

/** A log that was readable may break for this long before its conditions become Unknown. */
const blindAfterMs = 60_000

/** What one turn did, with what only the records themselves tell. */
export interface KernelBatch extends Batch {
  /** Lines of a file that are no records, and were read as if user space had written them; the device has none. */
  readonly unframed: number
}

export interface KernelMonitorOptions {
  readonly clock: Clock
  readonly random: Random
  readonly timeline: Timeline
  readonly log: Log
  readonly matcher: () => Matcher
  readonly open: (from: number | undefined, skimmer: () => Skimmer) => KmsgReader
  /** The cursor's name in the state file. */
  readonly cursor: () => string
  /** The stored cursor, when it is of this log. */
  readonly from?: number
  readonly report: Report
  /** Counts for metrics, after each batch. */
  readonly onBatch: (batch: KernelBatch) => void
  readonly onEvidence: (evidence: LogEvidence, matches: readonly Match[]) => void
}

export class KernelMonitor implements Monitor, KmsgSink {
  readonly name = 'kernel'
  readonly conditions = conditionTypes
  readonly #options: KernelMonitorOptions
  readonly #reading: KernelReading
  readonly #source: KmsgSource
  #watch: Watch['state'] = 'pending'
  #brokenSince: number | undefined
  /** Since the last batch: records that were longer than the reader's buffer, and lines that are no records. */
  #cut = 0
  #unframed = 0
  #toldUnreadable = false
  /** Made when the log is busy for the first time. */
  #skimmer: { readonly of: Matcher['tables']; readonly it: Skimmer } | undefined

  constructor(options: KernelMonitorOptions) {
    const { clock, random, from } = options
    this.#options = options
    this.#reading = new KernelReading(options)
    const open = (position: number | undefined): KmsgReader => options.open(position, () => this.#skimmerNow())
    this.#source = new KmsgSource({ clock, random, open, sink: this, ...(from !== undefined && { from }) })
  }

  get alive(): boolean {
    return this.#source.alive
  }

  get reading(): boolean {
    return this.#source.reading
  }

  start(): void {
    this.#source.start()
  }

  glance(): void {
    this.#source.glance()
  }

  stop(): void {
    this.#source.stop()
  }

  /** Of the rules in force. */
  #skimmerNow(): Skimmer {
    const { tables } = this.#options.matcher()
    if (this.#skimmer?.of !== tables) this.#skimmer = { of: tables, it: createSkimmer(tables) }
    return this.#skimmer.it
  }

  record(bytes: Uint8Array, record: RecordView): void {
    if (record.stampStart < 0) this.#unframed++
    if (record.textEnd === bytes.length) this.#cut++ // no newline behind it: there was more
    this.#reading.take(bytes, record)
  }

  batch(batch: Batch): void {
    this.#count(batch)
    const sightings = [...this.#reading.collect(batch.atEnd)]
    if (batch.lost > 0) {
      this.#options.log.warn('kernel log records were lost', { monitor: this.name, lost: batch.lost })
      sightings.unshift(this.#own(judgeOverrun(batch.lost)))
    }
    if (batch.restarted) {
      const why = 'the file was truncated or replaced; what it holds now is read from its start'
      this.#options.log.warn('the kernel log is another one', { monitor: this.name, why })
    }
    if (this.#brokenSince !== undefined) {
      this.#brokenSince = undefined
      this.#options.log.info('the kernel log is read again', { monitor: this.name })
      sightings.push(this.#own({ ...judgeFailed(new Error('over')), recovery: true }))
    }
    const checked = batch.atEnd && this.#watch !== 'checked'
    if (checked) this.#watch = 'checked'
    this.#options.report(this, {
      sightings,
      cursor: { source: this.#options.cursor(), position: batch.position },
      ...(checked && { watch: { state: 'checked' } }),
    })
  }

  #count(batch: Batch): void {
    const skipped = batch.skipped + this.#cut
    this.#options.onBatch({ ...batch, skipped, unframed: this.#unframed })
    if (skipped > 0 && !this.#toldUnreadable) {
      this.#toldUnreadable = true
      this.#options.log.warn('records of the kernel log could not be read, or not whole; the metric counts them', {
        monitor: this.name,
        records: skipped,
      })
    }
    this.#cut = 0
    this.#unframed = 0
  }

  broke(error: Error): void {
    const now = this.#options.clock.monotonic()
    const first = this.#brokenSince === undefined
    this.#brokenSince ??= now
    if (first) this.#options.log.error('the kernel log cannot be read', { monitor: this.name, error })
    const blind = this.#watch === 'pending' || (this.#watch === 'checked' && now - this.#brokenSince >= blindAfterMs)
    if (blind) this.#watch = 'blind'
    // Each try that fails is a sighting: a finding of which nothing is heard is over at some time.
    this.#options.report(this, {
      sightings: [this.#own(judgeFailed(error))],
      ...(blind && { watch: { state: 'blind', why: `The kernel log cannot be read: ${explain(error)}` } }),
    })
  }

  /** A finding about the reading itself. Its number is its time: the name of a record's finding is never its name. */
  #own(match: Match): Sighting {
    const at = Math.floor(this.#options.timeline.now())
    return { match, at, sequence: at, origin: 'kernel' }
  }
}
