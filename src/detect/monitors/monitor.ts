/**
 * The interface of every monitor: it looks at its evidence, judges it and reports. A failing monitor reports its
 * failure, retries, and never stops others. A monitor is data for a driver: `log.ts` for a log, `probe.ts` for a state.
 */
import type { CompiledCatalogue } from '../../catalog/compiled.ts'
import type { ConditionType } from '../../model/condition.ts'
import type { LogEvidence, LogName } from '../../model/evidence.ts'
import type { Match } from '../../model/finding.ts'
import type { Clock, Random } from '../../telemetry/clock.ts'
import type { Registry } from '../../telemetry/exposition.ts'
import type { Log } from '../../telemetry/log.ts'
import type { Children } from '../host/children.ts'
import type { Host } from '../host/host.ts'
import type { Loopback } from '../host/network.ts'
import type { Bases, Cursors } from '../ledger/state-file.ts'
import type { SteadyTime } from '../ledger/steady-time.ts'
import type { Settings } from '../lifecycle/settings.ts'
import type { Level, Sighting, Watch } from '../lifecycle/state.ts'
import type { Input } from '../lifecycle/step.ts'
import type { Matchers } from '../match/matcher.ts'
import type { KmsgReader } from '../sources/kmsg/reader.ts'
import type { LogBatch } from '../sources/log-source.ts'
import type { DriverMetrics } from './metrics.ts'
import type { Rounds } from './rounds.ts'

export interface Monitor {
  /** As in metrics and the log's `monitor` field. */
  readonly name: string
  /** The conditions that its evidence affects. */
  readonly conditions: readonly ConditionType[]
  readonly state: Watch['state']
  /** What this machine does not have, so that the monitor has nothing to look at; undefined otherwise. */
  readonly absent: string | undefined
  /** Monotonic milliseconds of its newest look at its evidence; undefined before the first. */
  readonly lookedAt: number | undefined
  /** What the next look is compared with, as JSON, for the process after this one; undefined where nothing is kept. */
  readonly base?: unknown
  /** Looks once, then repeatedly. */
  start(report: Report): void
  /** Looks once now; resolves after reporting. Also works before `start`. */
  check(report: Report): Promise<void>
  stop(): void
}

/** The result of one look. */
export interface Observation {
  readonly sightings?: readonly Sighting[]
  /** Every level that holds now; a missing one has ended. */
  readonly levels?: readonly Level[]
  /** The log position after these sightings; both are stored together. */
  readonly cursor?: { readonly source: string; readonly position: number | string }
  /** Present when the monitor's watch state changed. */
  readonly watch?: Watch
}

/** Receives a monitor's observations. Must not throw. */
export type Report = (monitor: Pick<Monitor, 'name'>, observation: Observation) => void

/** The dependencies of monitors. */
export interface MonitorParts {
  readonly host: Host
  readonly children: Children
  /** Services of the machine; absent for a saved copy of one. */
  readonly loopback?: Loopback
  /** The program that asks NVML (`detect/nvml/main.ts`); absent for a saved copy of a machine. */
  readonly nvmlProgram?: string
  readonly clock: Clock
  readonly random: Random
  readonly time: SteadyTime
  readonly log: Log
  readonly registry: Registry
  readonly metrics: DriverMetrics
  readonly rounds: Rounds
  readonly settings: () => Settings
  readonly catalogue: () => CompiledCatalogue
  readonly matchers: () => Matchers
  /** Path of the kernel log: the device, or a file with records. */
  readonly kmsg: string
  /** Opens the kernel log in place of what lies at `kmsg`: a saved log that was read already. */
  readonly openKmsg?: () => KmsgReader
  /** Stored cursors, and whether they belong to this boot. */
  readonly cursors: Cursors
  readonly sameBoot: boolean
  /** What monitors of an earlier process in this boot compared their looks with, by monitor. */
  readonly bases?: Bases
  /** Lines before this time were logged before the agent first ran on the node. Absent when it has run here before. */
  readonly firstStartAt?: number
  /** Called for each line that a rule matched. */
  readonly onEvidence: (evidence: LogEvidence, matches: readonly Match[]) => void
  /** Called for each batch of lines. */
  readonly onBatch: (batch: LogBatch) => void
}

/** A monitor before it runs: an entry of the list in `monitors.ts`. */
export interface MonitorSpec {
  readonly name: string
  readonly conditions: readonly ConditionType[]
  /** The agent is not ready before this monitor has looked once. */
  readonly required?: boolean
  /** The log that it follows; absent for a probe. */
  readonly log?: LogName
  /** Time between two looks of a probe, milliseconds; absent for a log. */
  readonly everyMs?: number
  /** What a probe measures; absent for a log. */
  readonly values?: ValueSpecs
  open(parts: MonitorParts): Monitor
}

/** A value that a probe measures. It becomes a gauge, and a measured reason can set a limit on it. */
export interface ValueSpec {
  readonly unit: 'percent' | 'count' | 'seconds' | 'hours' | 'bytes' | 'celsius' | 'watts'
  readonly help: string
  /** True when no reason has a limit on it. */
  readonly gaugeOnly?: boolean
  /** What messages can name beside `value`: the keys of the measured `parts`. */
  readonly parts?: readonly string[]
}
export type ValueSpecs = Readonly<Record<string, ValueSpec>>

/** Converts an observation to inputs of the life cycle, in log order. */
export function inputsOf(
  { name }: Pick<Monitor, 'name'>,
  { sightings = [], levels, watch }: Observation,
): readonly Input[] {
  const inputs: Input[] = sightings.map((sighting) => ({ kind: 'seen', sighting }))
  if (levels) inputs.push({ kind: 'look', monitor: name, levels })
  if (watch) inputs.push({ kind: 'watch', monitor: name, watch })
  return inputs
}

/** The bases of all monitors that keep one. */
export function basesOf(monitors: readonly Monitor[]): Bases {
  return Object.fromEntries(monitors.flatMap(({ name, base }) => (base === undefined ? [] : [[name, base]])))
}

export function cursorsOf({ cursor }: Observation): Cursors {
  return cursor ? { [cursor.source]: cursor.position } : {}
}
