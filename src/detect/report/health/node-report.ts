/** The report of the node that this agent runs on. */
import type { HealthMonitor, NodeHealthReport } from '../../../model/node-health.ts'
import type { Clock } from '../../../telemetry/clock.ts'
import type { Host } from '../../host/host.ts'
import { readMachine } from '../../host/inventory/machine.ts'
import type { LifecycleState } from '../../lifecycle/state.ts'
import type { Monitor } from '../../monitors/monitor.ts'
import type { Reported } from '../reported.ts'
import { inventoryOf } from './inventory.ts'
import { healthReport } from './report.ts'

/** Returns a function that makes the report each time it is called; it reads the host. */
export function nodeReport(host: Host, clock: Clock, { ledger, assembled }: Reported): () => NodeHealthReport {
  const inventory = inventoryOf(host)
  return () => {
    const { state, settings } = ledger
    const monitors = assembled.monitors.map((one) => monitorOf(one, state, clock.monotonic()))
    const { wallOffset } = ledger.moment()
    return healthReport({ state, settings, machine: readMachine(host), inventory: inventory(), monitors, wallOffset })
  }
}

function monitorOf(
  { name, state, absent, lookedAt }: Monitor,
  { watchers }: LifecycleState,
  now: number,
): HealthMonitor {
  const watch = watchers.get(name)?.watch
  return {
    name,
    state,
    ...(watch && 'why' in watch && { why: watch.why }),
    ...(absent !== undefined && { absent }),
    ...(lookedAt !== undefined && { lookAgeSeconds: Math.max(0, Math.round((now - lookedAt) / 1000)) }),
  }
}
