/**
 * The wall clock against the monotonic one, and what systemd-timesyncd says: it makes its folder in /run when it starts
 * and the file `synchronized` there when it has first set the clock (systemd-timesyncd.service(8)).
 */
import type { Clock } from '../../../../telemetry/clock.ts'
import type { Host } from '../../../host/host.ts'
import type { Look } from '../../probe.ts'

export interface ClockSample {
  /** Wall clock minus monotonic clock, milliseconds: constant unless the wall clock is set. */
  readonly offsetMs: number
  /** Undefined where systemd-timesyncd does not run. */
  readonly synchronized: boolean | undefined
}

export function readClock(host: Host, clock: Pick<Clock, 'monotonic' | 'now'>): Look<ClockSample> {
  const offsetMs = clock.now() - clock.monotonic()
  const folder = host.list('run/systemd').includes('timesync')
  return {
    sample: {
      offsetMs,
      synchronized: folder ? host.list('run/systemd/timesync').includes('synchronized') : undefined,
    },
  }
}
