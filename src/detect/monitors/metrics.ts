/** Metrics that the drivers keep for every monitor. */
import type { Counter, Gauge, Registry } from '../../telemetry/exposition.ts'
import type { Children } from '../host/children.ts'
import type { Watch } from '../lifecycle/state.ts'

const states: readonly Watch['state'][] = ['pending', 'checked', 'blind', 'stuck']

/** What the metrics read from a monitor. */
interface Watched {
  readonly name: string
  readonly state: Watch['state']
  readonly absent: string | undefined
}

export interface DriverMetrics {
  readonly lookSeconds: Gauge
  readonly failures: Counter
  /** Updates the gauges from the monitors' states. */
  refresh(monitors: readonly Watched[]): void
}

/** `names`: all monitors, so that their counters start at 0. */
export function driverMetrics(registry: Registry, names: readonly string[], children: Children): DriverMetrics {
  const state = registry.gauge({
    name: 'nodemend_monitor_state',
    help: 'Whether a monitor sees its evidence, by state (pending, checked, blind, stuck): 1 for the current state.',
  })
  const absent = registry.gauge({
    name: 'nodemend_monitor_absent',
    help: '1 when this machine has nothing for the monitor to look at; its state is then checked.',
  })
  const leftBehind = registry.gauge({
    name: 'nodemend_children_left_behind',
    help: 'Host programs that were killed and have not ended because they are blocked in the kernel (state D).',
  })
  return {
    lookSeconds: registry.gauge({
      name: 'nodemend_monitor_look_seconds',
      help: 'Duration of the newest look of a probe.',
    }),
    failures: registry.counter({
      name: 'nodemend_monitor_failures_total',
      help: 'Looks of a monitor that failed or exceeded their deadline.',
      known: () => names.map((monitor) => ({ monitor })),
    }),
    refresh(monitors) {
      leftBehind.set(children.leftBehind)
      for (const monitor of monitors) {
        for (const one of states) state.set(monitor.state === one ? 1 : 0, { monitor: monitor.name, state: one })
        absent.set(monitor.absent === undefined ? 0 : 1, { monitor: monitor.name })
      }
    },
  }
}
