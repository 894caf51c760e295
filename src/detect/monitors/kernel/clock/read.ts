/**
 * The wall clock against the monotonic one, and what the time service says: chronyd by its monitoring protocol,
 * systemd-timesyncd by the file `synchronized` that it makes when it has first set the clock
 * (systemd-timesyncd.service(8)).
 */
import { askChrony, type Tracking } from '../../../host/chrony.ts'
import type { Host } from '../../../host/host.ts'
import type { Look, ProbeHost } from '../../probe.ts'

/** What a time service says. */
export interface TimeService {
  readonly name: string
  readonly synchronized: boolean
  /** Undefined where the service does not say it. */
  readonly offsetSeconds?: number
}

export interface ClockSample {
  /** Wall clock minus monotonic clock, milliseconds: constant unless the wall clock is set. */
  readonly offsetMs: number
  /** Undefined where none runs, or none answers. */
  readonly service: TimeService | undefined
}

export async function readClock(from: ProbeHost): Promise<Look<ClockSample>> {
  const offsetMs = from.clock.now() - from.clock.monotonic()
  return { sample: { offsetMs, service: (await chronyOf(from)) ?? timesyncdOf(from.host) } }
}

async function chronyOf({ host, loopback }: ProbeHost): Promise<TimeService | undefined> {
  if (!loopback || host.list('run/chrony').length === 0) return undefined
  const tracking: Tracking | undefined = await askChrony(loopback)
  return tracking && { name: 'chronyd', ...tracking }
}

function timesyncdOf(host: Host): TimeService | undefined {
  if (!host.list('run/systemd').includes('timesync')) return undefined
  return { name: 'systemd-timesyncd', synchronized: host.list('run/systemd/timesync').includes('synchronized') }
}
