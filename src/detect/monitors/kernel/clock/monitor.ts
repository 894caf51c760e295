/** Wall-clock steps, which explain expired certificates and leases, and a clock that nobody has set. */
import { probeMonitor } from '../../probe.ts'
import { judgeClock } from './judge.ts'
import { readClock } from './read.ts'

export const clock = probeMonitor({
  name: 'clock',
  conditions: ['KernelReady'],
  everyMs: 30_000,
  values: {
    'step-seconds': {
      unit: 'seconds',
      help: 'How far the wall clock was set between the newest two looks.',
      parts: ['direction'],
    },
    unsynchronized: {
      unit: 'count',
      help: '1 when systemd-timesyncd runs and has not set the clock yet; absent where it does not run.',
    },
  },
  keeps: true,
  look: (from) => readClock(from.host, from.clock),
  judge: judgeClock,
})
