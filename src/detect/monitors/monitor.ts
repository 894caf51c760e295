/**
 * What every monitor is: it looks at its own evidence, says what it means, and reports. One that breaks says so and goes on
 * trying; it never stops its neighbours. A monitor is data given to a driver: `log.ts` for a log, `probe.ts` for a state.
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
import type { Cursors } from '../ledger/state-file.ts'
import type { SteadyTime } from '../ledger/steady-time.ts'
import type { Settings } from '../lifecycle/settings.ts'
import type { Level, Sighting, Watch } from '../lifecycle/state.ts'
import type { Input } from '../lifecycle/step.ts'
import type { Matchers } from '../match/matcher.ts'
import type { LogBatch } from '../sources/log-source.ts'
import type { DriverMetrics } from './metrics.ts'
import type { Rounds } from './rounds.ts'

export interface Monitor {
  /** As in metrics and the log's `monitor` field. */
  readonly name: string
  /** What its evidence speaks about. */
  readonly conditions: readonly ConditionType[]
  readonly state: Watch['state']
  /** What this machine does not have, so that there is nothing to look at; undefined where there is. */
  readonly absent: string | undefined
  /** Looks once, then goes on by itself. */
  start(report: Report): void
  /** One look now; resolves when it is reported. Works before `start`, too. */
  check(report: Report): Promise<void>
  stop(): void
}

/** What a monitor saw in one go. */
export interface Observation {
  readonly sightings?: readonly Sighting[]
  /** Every level that holds now: one that is missing has ended. */
  readonly levels?: readonly Level[]
  /** How far its log is read with these sightings; they and the cursor are stored together. */
  readonly cursor?: { readonly source: string; readonly position: number | string }
  /** Present when it changed whether the evidence is seen. */
  readonly watch?: Watch
}

/** Where monitors report to. Must not throw. */
export type Report = (monitor: Pick<Monitor, 'name'>, observation: Observation) => void

/** What monitors are made of. */
export interface MonitorParts {
  readonly host: Host
  readonly children: Children
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
  /** The kernel log's path: the device, or a file that holds records. */
  readonly kmsg: string
  /** Stored cursors, and whether they are of this boot. */
  readonly cursors: Cursors
  readonly sameBoot: boolean
  /** Lines before this time were logged before the agent first ran on the node; absent: it ran here before. */
  readonly firstStartAt?: number
  /** Told of each line that means something. */
  readonly onEvidence: (evidence: LogEvidence, matches: readonly Match[]) => void
  /** Told of each batch of lines. */
  readonly onBatch: (batch: LogBatch) => void
}

/** A monitor before it runs: an entry of the list in `monitors.ts`. */
export interface MonitorSpec {
  readonly name: string
  readonly conditions: readonly ConditionType[]
  /** The agent is not ready before it has looked once. */
  readonly required?: boolean
  /** The log that it follows; absent for a probe. */
  readonly log?: LogName
  /** What a probe measures; absent for a log. */
  readonly values?: ValueSpecs
  open(parts: MonitorParts): Monitor
}

/** A value that a probe measures: a gauge, and what a measured reason of the catalogue may set a limit on. */
export interface ValueSpec {
  readonly unit: 'percent' | 'count' | 'seconds' | 'bytes'
  readonly help: string
  /** No reason has a limit on it. */
  readonly gaugeOnly?: boolean
}
export type ValueSpecs = Readonly<Record<string, ValueSpec>>

/** What an observation means to the life cycle, in the order of the log. */
export function inputsOf(
  { name }: Pick<Monitor, 'name'>,
  { sightings = [], levels, watch }: Observation,
): readonly Input[] {
  const inputs: Input[] = sightings.map((sighting) => ({ kind: 'seen', sighting }))
  if (levels) inputs.push({ kind: 'look', monitor: name, levels })
  if (watch) inputs.push({ kind: 'watch', monitor: name, watch })
  return inputs
}

export function cursorsOf({ cursor }: Observation): Cursors {
  return cursor ? { [cursor.source]: cursor.position } : {}
}
