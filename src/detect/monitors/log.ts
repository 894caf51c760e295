/**
 * The driver of log monitors: matches each line against the log's rules, keeps the log's order and times, and reports
 * when the log cannot be read. A line without a match allocates nothing.
 */
import type { ConditionType } from '../../model/condition.ts'
import { type DrillMark, holdsMark, readMark } from '../../model/drill.ts'
import type { LogName, Trust } from '../../model/evidence.ts'
import type { Match } from '../../model/finding.ts'
import type { Cancel } from '../../telemetry/clock.ts'
import { rfc3339Seconds } from '../../telemetry/rfc3339.ts'
import { lasts } from '../host/lasting.ts'
import { pciFunctions } from '../host/pci.ts'
import { ownFinding } from '../lifecycle/own-finding.ts'
import type { Sighting, Watch } from '../lifecycle/state.ts'
import type { LogBatch, LogLine, LogSink, LogSource } from '../sources/log-source.ts'
import type { Monitor, MonitorParts, MonitorSpec, Report } from './monitor.ts'

/** A log can be unreadable for this long before its conditions become Unknown. */
export const blindAfterMs = 60_000
/** Interval of the check that the source still reads. */
const inspectMs = 30_000

export interface LogSpec {
  readonly name: string
  /** The conditions that its rules affect. */
  readonly conditions: readonly ConditionType[]
  readonly required?: boolean
  /** What the message of its first condition says where this machine does not have the log; absent: nothing. */
  readonly missed?: string
  /** The log whose rules it asks. */
  readonly log: LogName
  readonly source: (parts: MonitorParts) => LogSource
}

/** Makes a log an entry of the monitor list. */
export function logMonitor(spec: LogSpec): MonitorSpec {
  return { ...spec, open: (parts) => new LogMonitor(spec, parts) }
}

class LogMonitor implements Monitor, LogSink {
  readonly name: string
  readonly conditions: readonly ConditionType[]
  readonly #parts: MonitorParts
  readonly #source: LogSource
  readonly #missed: string | undefined
  #report: Report = () => undefined
  #watch: Watch = { state: 'pending' }
  #brokenSince: number | undefined
  #sightings: Sighting[] = []
  /** Lines since the last inspection, and when that was. */
  #lines = 0
  #inspectedAt: number | undefined
  /** When the log was last read to its end; later lines cannot be older than that. */
  #readUpTo = Number.NEGATIVE_INFINITY
  #inspecting: Cancel = () => undefined
  absent: string | undefined
  lookedAt: number | undefined

  constructor({ name, conditions, source, missed }: LogSpec, parts: MonitorParts) {
    this.name = name
    this.conditions = conditions
    this.#parts = parts
    this.#missed = missed
    this.#source = source(parts)
  }

  get state(): Watch['state'] {
    return this.#watch.state
  }

  start(report: Report): void {
    this.#report = report
    this.#inspecting = this.#parts.rounds.add(inspectMs, () => this.#inspect())
    this.#source.start(this)
  }

  check(report: Report): Promise<void> {
    this.#report = report
    return this.#source.check(this)
  }

  stop(): void {
    this.#inspecting()
    this.#source.stop()
  }

  line(line: LogLine): void {
    const matcher = this.#parts.matchers().of(this.#source.name)
    if (line.trust === 'userspace' && holdsMark(line.bytes, line.start, line.end)) {
      this.#injected(line)
      return
    }
    const own = matcher.matchBytes(line.bytes, line.start, line.end, line.origins)
    if (own.length > 0) this.#see(own, textOf(line.bytes, line.start, line.end), line)
    if (!line.joined) return
    const { bytes, end } = line.joined
    const more = matcher
      .matchBytes(bytes, 0, end, line.origins)
      .filter(({ rule }) => !own.some((one) => one.rule === rule))
    if (more.length > 0) this.#see(more, textOf(bytes, 0, end), line)
  }

  /** A drill's line: the rules judge it without its mark. Only user space can mark a line, so no real one is muted. */
  #injected(line: LogLine): void {
    const text = textOf(line.bytes, line.start, line.end)
    const read = readMark(text)
    const matches = this.#parts
      .matchers()
      .of(this.#source.name)
      .matchText(read?.rest ?? text, line.origins)
    if (matches.length > 0) this.#see(matches, text, line, read?.mark)
  }

  batch(batch: LogBatch): void {
    const { cursor, atEnd, lost, lines, trouble } = batch
    this.#parts.onBatch(batch)
    this.#lines += lines
    this.lookedAt = this.#parts.clock.monotonic()
    const sightings = this.#sightings
    if (sightings.length > 0) this.#sightings = []
    if (atEnd) this.#readUpTo = this.#parts.time.now()
    if (lost > 0) sightings.unshift(...this.#lost(lost))
    if (trouble === undefined) this.#reads()
    else this.broke(trouble)
    const known = this.#watch.state === 'checked' && this.#watch.lacks === undefined
    const checked = trouble === undefined && atEnd && !known
    if (checked) {
      this.#watch = { state: 'checked' }
      this.#parts.matchers().of(this.#source.name) // takes 15 ms, for which the first fault must not wait
    }
    this.#report(this, { sightings, ...(cursor && { cursor }), ...(checked && { watch: this.#watch }) })
  }

  broke(why: string): void {
    const { clock, log, metrics } = this.#parts
    const now = clock.monotonic()
    metrics.failures.add({ monitor: this.name })
    if (this.#brokenSince === undefined) log.error('the log cannot be read', { monitor: this.name, error: why })
    this.#brokenSince ??= now
    const { state } = this.#watch
    if (state === 'pending' || state === 'blind' || now - this.#brokenSince >= blindAfterMs) {
      this.#turn({ state: 'blind', why })
    }
  }

  absentLog(why: string): void {
    this.absent = why
    this.#turn({ state: 'checked', ...(this.#missed !== undefined && { lacks: `${this.#missed} (${why})` }) })
  }

  /** Checks that the source still reads. */
  #inspect(): void {
    if (this.#source.alive && this.#watch.state === 'checked') this.lookedAt = this.#parts.clock.monotonic()
    if (!this.#source.alive) this.#turn({ state: 'stuck', why: `reading the ${this.#source.name} log has stopped` })
    this.#measureFlood()
  }

  /** Counts from the second inspection on: what a log holds at the start is no flood. */
  #measureFlood(): void {
    const now = this.#parts.clock.monotonic()
    const [lines, since] = [this.#lines, this.#inspectedAt]
    this.#lines = 0
    this.#inspectedAt = now
    const { flood } = this.#source
    if (!flood || since === undefined || now <= since) return
    const perSecond = Math.round((lines * 1_000) / (now - since))
    if (perSecond < flood.linesPerSecond) return
    this.#report(this, { sightings: [this.#own(flood.reason, flood.message(perSecond), 'flood')] })
  }

  #turn(watch: Watch): void {
    if (JSON.stringify(watch) === JSON.stringify(this.#watch)) return
    this.#watch = watch
    this.#report(this, { watch })
  }

  #reads(): void {
    this.absent = undefined
    if (this.#brokenSince === undefined) return
    this.#brokenSince = undefined
    this.#parts.log.info('the log can be read again', { monitor: this.name })
  }

  #see(matches: readonly Match[], text: string, line: LogLine, mark?: DrillMark): void {
    const { time, onEvidence } = this.#parts
    const now = time.now()
    const stamp = line.at()
    // The stamp's clock drifts and stops during suspend, so the stamp is clamped between two known times.
    const at = Math.floor(Math.min(now, Math.max(Number.isNaN(stamp) ? now : stamp, this.#readUpTo)))
    const { trust, position } = line
    const { name: source } = this.#source
    const wall = Math.round(at + time.moment().wallOffset)
    onEvidence({ source, at: wall, text, trust }, matches)
    const drill = mark && { id: mark.id, mode: mark.mode, until: at + mark.forMs }
    for (const match of matches.map((one) => (trust === 'userspace' ? this.#doubted(one) : one))) {
      const aged = this.#aged(match, at, wall, trust)
      this.#sightings.push({ ...aged, at, source, position, trust, ...(drill && { drill }) })
    }
  }

  /** Marks a match from user space whose device does not exist on this machine. */
  #doubted(match: Match): Match {
    const { device } = match
    if (device === undefined || pciFunctions(this.#parts.host, device)?.length !== 0) return match
    return { ...match, message: `${match.message}; no such device on this machine` }
  }

  /** For a line older than the agent's first start: checks whether its fault is still present. */
  #aged(match: Match, at: number, wall: number, trust: Trust): Pick<Sighting, 'match' | 'before'> {
    const { firstStartAt, host, settings } = this.#parts
    if (firstStartAt === undefined || at >= firstStartAt || match.recovery) return { match }
    const check = settings().entryOf(match.entry)?.lasts
    // A line from user space can name a device that never existed and would look lost for that reason.
    const seen = check !== undefined && trust !== 'userspace' && lasts(host, check, match.device) === true
    if (!seen) return { match, before: true }
    const message = `${match.message}, logged at ${rfc3339Seconds(wall)} before this agent first ran, and still present`
    return { match: { ...match, message } }
  }

  #lost(lost: number): readonly Sighting[] {
    const { losses } = this.#source
    return losses ? [this.#own(losses.reason, losses.message(lost), 'overrun')] : []
  }

  /** What the agent says about the log itself. */
  #own(reason: string, message: string, code: string): Sighting {
    const { time, settings } = this.#parts
    const at = Math.floor(time.now())
    const match = ownFinding(settings(), reason, { message, code })
    return { match, at, source: this.#source.name, position: `${code}-${at}`, trust: 'agent' }
  }
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8')
}
