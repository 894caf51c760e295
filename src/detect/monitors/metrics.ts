/** What the drivers count about every monitor alike. */
import type { Counter, Gauge, Registry } from '../../telemetry/exposition.ts'
import type { Children } from '../host/children.ts'
import type { Watch } from '../lifecycle/state.ts'

const states: readonly Watch['state'][] = ['pending', 'checked', 'blind', 'stuck']

/** What is read off a monitor. */
interface Watched {
  readonly name: string
  readonly state: Watch['state']
  readonly absent: string | undefined
}

export interface DriverMetrics {
  readonly lookSeconds: Gauge
  readonly failures: Counter
  /** Reads the states off the monitors. */
  refresh(monitors: readonly Watched[]): void
}

/** `names`: every monitor there is, for counters that begin at 0. */
export function driverMetrics(registry: Registry, names: readonly string[], children: Children): DriverMetrics {
  const state = registry.gauge({
    name: 'nodemend_monitor_state',
    help: 'Whether a monitor sees its evidence, by state (pending, checked, blind, stuck): 1 for the one that holds.',
  })
  const absent = registry.gauge({
    name: 'nodemend_monitor_absent',
    help: 'Whether this machine has nothing for the monitor to look at: 1, and its state is checked.',
  })
  const leftBehind = registry.gauge({
    name: 'nodemend_children_left_behind',
    help: 'Programs of the host that were killed and do not end: they wait in the kernel (state D).',
  })
  return {
    lookSeconds: registry.gauge({
      name: 'nodemend_monitor_look_seconds',
      help: 'How long the newest look of a probe took.',
    }),
    failures: registry.counter({
      name: 'nodemend_monitor_failures_total',
      help: 'Looks of a monitor that failed or did not end in time.',
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
