/** Wall-clock steps, which explain expired certificates and leases, a clock that nobody has set, and one that is off. */
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
      help: '1 when the time service (chronyd, systemd-timesyncd) runs and has no time; absent where neither answers.',
      parts: ['service'],
    },
    'offset-seconds': {
      unit: 'seconds',
      help: 'How far the clock is off by the estimate of chronyd; absent where it does not answer.',
      parts: ['service', 'direction'],
    },
  },
  keeps: true,
  look: (from) => readClock(from),
  judge: judgeClock,
})
