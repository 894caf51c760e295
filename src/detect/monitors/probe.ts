/**
 * The driver of monitors that measure a state, on a timer grid and at once after a change. It provides the first look,
 * the deadline, limits with hysteresis, gauges and failures; a probe only reads and judges.
 */
import type { CompiledReason } from '../../catalog/compiled.ts'
import type { ConditionType } from '../../model/condition.ts'
import type { Cancel, Clock } from '../../telemetry/clock.ts'
import type { Gauge } from '../../telemetry/exposition.ts'
import type { Children } from '../host/children.ts'
import type { Host } from '../host/host.ts'
import type { Loopback } from '../host/network.ts'
import type { Level, Watch } from '../lifecycle/state.ts'
import { levelsOf, type Measured } from './limits.ts'
import type { Monitor, MonitorParts, MonitorSpec, Report, ValueSpec } from './monitor.ts'

/** The result of one look: a sample, or what this machine does not have, or why the look failed. */
export type Look<Sample> = { readonly sample: Sample } | { readonly absent: string } | { readonly failed: string }

/** What a probe reads from. */
export interface ProbeHost {
  readonly host: Host
  readonly children: Children
  /** The time of the look: `monotonic` for rates, `now` for what has a date. */
  readonly clock: Pick<Clock, 'monotonic' | 'now'>
  /** Both absent for a saved copy of a machine. */
  readonly loopback?: Loopback
  readonly nvmlProgram?: string
}

export interface Probe<Sample, Value extends string> {
  readonly name: string
  readonly conditions: readonly [ConditionType, ...ConditionType[]]
  /** Time between two looks; a multiple of ten seconds. */
  readonly everyMs: number
  /** A look that takes longer is stuck; default: {@link deadlineMs}. */
  readonly deadlineMs?: number
  /** The values that it measures, with unit and documentation; each becomes a gauge. */
  readonly values: Readonly<Record<Value, ValueSpec>>
  /** Reads the host; an exception counts as a failure. `before` is the sample of the previous look. */
  look(from: ProbeHost, before?: Sample): Look<Sample> | Promise<Look<Sample>>
  /** Converts samples to measured values. Pure. */
  judge(sample: Sample, before?: Sample): readonly Measured<Value>[]
  /**
   * True: the newest sample outlives a restart of the agent within one boot, so that a counter keeps its base. The sample
   * must be plain data.
   */
  readonly keeps?: true
  /** Calls `changed` when an early look is useful, until the returned function is called. */
  on?(from: ProbeHost, changed: () => void): Cancel
}

/** A look after its judgement. */
type Judged = { readonly levels: readonly Level[] } | { readonly absent: string } | { readonly failed: string }

/** A look that takes longer than this is stuck. */
export const deadlineMs = 10_000
/** After this many failed looks in a row the conditions become Unknown. */
const mostFailures = 2

/** Makes a probe an entry of the monitor list. */
export function probeMonitor<Sample, Value extends string>(probe: Probe<Sample, Value>): MonitorSpec {
  const { name, conditions, values, everyMs } = probe
  return { name, conditions, values, everyMs, open: (parts) => new ProbeMonitor(probe, parts) }
}

class ProbeMonitor<Sample, Value extends string> implements Monitor {
  readonly name: string
  readonly conditions: readonly ConditionType[]
  readonly #probe: Probe<Sample, Value>
  readonly #parts: MonitorParts
  readonly #gauges: ReadonlyMap<string, Gauge>
  #report: Report = () => undefined
  #watch: Watch = { state: 'pending' }
  #looking: Promise<void> | undefined
  #before: Sample | undefined
  /** True while `#before` is that of an earlier process, which may have been another version. */
  #inherited = false
  #failures = 0
  #ends: readonly Cancel[] = []
  absent: string | undefined
  lookedAt: number | undefined

  constructor(probe: Probe<Sample, Value>, parts: MonitorParts) {
    this.name = probe.name
    this.conditions = probe.conditions
    this.#probe = probe
    this.#parts = parts
    this.#gauges = gaugesOf(probe, parts)
    const base = probe.keeps && parts.bases?.[probe.name]
    if (base === undefined) return
    this.#before = base as Sample // written by this probe; what an older version wrote fails the look, see #judged
    this.#inherited = true
  }

  get base(): unknown {
    return this.#probe.keeps ? this.#before : undefined
  }

  get state(): Watch['state'] {
    return this.#watch.state
  }

  start(report: Report): void {
    const { rounds } = this.#parts
    const again = (): void => void this.check(report) // never rejects
    const changes = this.#probe.on?.(this.#parts, again)
    this.#ends = [rounds.add(this.#probe.everyMs, again), ...(changes ? [changes] : [])]
    again()
  }

  /** Starts no second look while one is running or stuck. */
  check(report: Report): Promise<void> {
    this.#report = report
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  stop(): void {
    for (const end of this.#ends) end()
    this.#report = () => undefined
  }

  async #look(): Promise<void> {
    const { clock, metrics } = this.#parts
    const started = clock.monotonic()
    const mostMs = this.#probe.deadlineMs ?? deadlineMs
    const late = clock.after(mostMs, () => {
      metrics.failures.add({ monitor: this.name })
      this.#turn({ state: 'stuck', why: `its check has not ended within ${mostMs / 1000} s` })
    })
    const judged = await this.#judged()
    late()
    metrics.lookSeconds.set((clock.monotonic() - started) / 1000, { monitor: this.name })
    this.#take(judged)
  }

  /** Looks and judges; where that fails with the base of an earlier process, once more without it. */
  async #judged(): Promise<Judged> {
    const first = this.#judgedOf(await this.#read())
    if (!this.#inherited) return first
    this.#inherited = false
    if (!('failed' in first)) return first
    this.#before = undefined
    return this.#judgedOf(await this.#read())
  }

  #judgedOf(look: Look<Sample>): Judged {
    return 'sample' in look ? this.#tryJudge(look.sample) : look
  }

  async #read(): Promise<Look<Sample>> {
    try {
      return await this.#probe.look(this.#parts, this.#before)
    } catch (error) {
      return { failed: textOf(error) }
    }
  }

  #take(judged: Judged): void {
    if ('failed' in judged) this.#failed(judged.failed)
    else if ('absent' in judged) this.#nothing(judged.absent)
    else this.#reported(judged.levels)
  }

  #nothing(absent: string): void {
    this.absent = absent
    for (const gauge of this.#gauges.values()) gauge.reset()
    this.#reported([])
  }

  #reported(levels: readonly Level[]): void {
    this.#failures = 0
    this.lookedAt = this.#parts.clock.monotonic()
    const checked = this.#watch.state !== 'checked'
    if (checked) this.#watch = { state: 'checked' }
    this.#report(this, { levels, ...(checked && { watch: this.#watch }) })
  }

  #tryJudge(sample: Sample): Judged {
    try {
      const levels = this.#judge(sample)
      this.absent = undefined
      return { levels }
    } catch (error) {
      return { failed: textOf(error) }
    }
  }

  #judge(sample: Sample): readonly Level[] {
    const measured = this.#probe.judge(sample, this.#before)
    // Every unit counts from 0 up: anything else was computed from a file with another format.
    const wrong = measured.find(({ amount }) => !(amount >= 0 && Number.isFinite(amount)))
    if (wrong) throw new RangeError(`${wrong.value} cannot be ${wrong.amount}: what it is read from has another format`)
    this.#before = sample
    for (const gauge of this.#gauges.values()) gauge.reset()
    for (const { value, amount, device } of measured) {
      this.#gauges.get(value)?.set(amount, device === undefined ? {} : { device })
    }
    return levelsOf(measured, this.#reasons(), this.#probe.values)
  }

  /** The catalogue's measured reasons of this monitor, with the operator's limits. */
  #reasons(): readonly CompiledReason[] {
    const settings = this.#parts.settings()
    const own = this.#parts.catalogue().reasons.filter(({ probe }) => probe?.monitor === this.name)
    return own.map((entry) => settings.entryOf(entry.reason) ?? entry)
  }

  #failed(why: string): void {
    const { log, metrics } = this.#parts
    metrics.failures.add({ monitor: this.name })
    if (this.#failures++ === 0) log.warn('a check has failed', { monitor: this.name, error: why })
    if (this.#watch.state === 'checked' && this.#failures < mostFailures) return
    this.#turn({ state: 'blind', why })
  }

  #turn(watch: Watch): void {
    if (JSON.stringify(watch) === JSON.stringify(this.#watch)) return
    this.#watch = watch
    this.#report(this, { watch })
  }
}

function gaugesOf<Sample, Value extends string>(
  { name, values }: Probe<Sample, Value>,
  { registry }: MonitorParts,
): ReadonlyMap<string, Gauge> {
  const specs: readonly (readonly [string, ValueSpec])[] = Object.entries(values)
  return new Map(specs.map(([value, { help }]) => [value, registry.gauge({ name: metricOf(name, value), help })]))
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The metric of a value: `used-percent` of `conntrack` is `nodemend_conntrack_used_percent`. */
export function metricOf(monitor: string, value: string): string {
  return `nodemend_${monitor}_${value}`.replaceAll('-', '_')
}
