/** Assembles the detecting parts of the node half, for the agent and for `scan`. */
import { openHost } from './host/host.ts'
import { isThisMachine, systemLoopback } from './host/network.ts'
import { driverMetrics } from './monitors/metrics.ts'
import type { Monitor, MonitorParts, MonitorSpec } from './monitors/monitor.ts'
import * as monitorList from './monitors/monitors.ts'
import { Rounds } from './monitors/rounds.ts'

/** All monitors; their order has no meaning. */
export const allMonitors: readonly MonitorSpec[] = Object.values(monitorList)

/** What monitors are made of; the driver's own parts are added here. */
export interface AssembleOptions
  extends Omit<MonitorParts, 'metrics' | 'rounds' | 'onEvidence' | 'onBatch'>,
    Partial<Pick<MonitorParts, 'onEvidence' | 'onBatch'>> {
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
  const { clock, host, random, registry, monitors: specs = allMonitors } = options
  const metrics = driverMetrics(
    registry,
    specs.map(({ name }) => name),
    options.children,
  )
  const rounds = new Rounds(clock, random)
  const { nvmlProgram, ...others } = options
  const alive = isThisMachine(host, openHost('/')) && {
    loopback: systemLoopback(clock),
    ...(nvmlProgram !== undefined && { nvmlProgram }),
  }
  const parts = { onEvidence: () => undefined, onBatch: () => undefined, ...alive, ...others, metrics, rounds }
  const monitors = specs.map((spec) => spec.open(parts))
  return {
    monitors,
    required: specs.filter(({ required }) => required).map(({ name }) => name),
    isLate: () => rounds.late,
    refresh: () => metrics.refresh(monitors),
  }
}
