/** Assembles the detecting parts of the node half, for the agent and for `scan`. */
import type { CompiledCatalogue } from '../catalog/compiled.ts'
import type { LogEvidence } from '../model/evidence.ts'
import type { Match } from '../model/finding.ts'
import type { Clock, Random } from '../telemetry/clock.ts'
import type { Registry } from '../telemetry/exposition.ts'
import type { Log } from '../telemetry/log.ts'
import type { Children } from './host/children.ts'
import type { Host } from './host/host.ts'
import type { Cursors } from './ledger/state-file.ts'
import type { SteadyTime } from './ledger/steady-time.ts'
import type { Settings } from './lifecycle/settings.ts'
import type { Matchers } from './match/matcher.ts'
import { driverMetrics } from './monitors/metrics.ts'
import type { Monitor, MonitorSpec } from './monitors/monitor.ts'
import * as monitorList from './monitors/monitors.ts'
import { Rounds } from './monitors/rounds.ts'
import type { KmsgReader } from './sources/kmsg/reader.ts'
import type { LogBatch } from './sources/log-source.ts'

/** All monitors; their order has no meaning. */
export const allMonitors: readonly MonitorSpec[] = Object.values(monitorList)

export interface AssembleOptions {
  readonly host: Host
  readonly children: Children
  readonly clock: Clock
  readonly random: Random
  readonly time: SteadyTime
  readonly log: Log
  readonly registry: Registry
  readonly settings: () => Settings
  readonly catalogue: () => CompiledCatalogue
  readonly matchers: () => Matchers
  readonly kmsg: string
  /** See `MonitorParts`. */
  readonly openKmsg?: () => KmsgReader
  readonly cursors: Cursors
  readonly sameBoot: boolean
  /** See `MonitorParts`. */
  readonly firstStartAt?: number
  readonly onEvidence?: (evidence: LogEvidence, matches: readonly Match[]) => void
  readonly onBatch?: (batch: LogBatch) => void
  /** Default: all monitors. */
  readonly monitors?: readonly MonitorSpec[]
}

export interface Assembled {
  readonly monitors: readonly Monitor[]
  /** Names of monitors that must have looked once before the agent is ready. */
  readonly required: readonly string[]
  /** True when the process does not run its timers. */
  readonly isLate: () => boolean
  /** Writes the monitors' states into their metrics. */
  readonly refresh: () => void
}

/** Creates the monitors; none looks before it is started or checked. */
export function assemble(options: AssembleOptions): Assembled {
  const { clock, random, registry, monitors: specs = allMonitors } = options
  const metrics = driverMetrics(
    registry,
    specs.map(({ name }) => name),
    options.children,
  )
  const rounds = new Rounds(clock, random)
  const parts = { onEvidence: () => undefined, onBatch: () => undefined, ...options, metrics, rounds }
  const monitors = specs.map((spec) => spec.open(parts))
  return {
    monitors,
    required: specs.filter(({ required }) => required).map(({ name }) => name),
    isLate: () => rounds.late,
    refresh: () => metrics.refresh(monitors),
  }
}
