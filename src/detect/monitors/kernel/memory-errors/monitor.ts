/** Counters of the memory controllers: the rate of corrected errors announces the one that is not. */
import { probeMonitor } from '../../probe.ts'
import { judgeMemoryErrors } from './judge.ts'
import { readMemoryErrors } from './read.ts'

export const memoryErrors = probeMonitor({
  name: 'memory-errors',
  conditions: ['KernelReady'],
  everyMs: 60_000,
  values: {
    'corrected-per-hour': {
      unit: 'count',
      help: 'Memory errors that a controller corrected in the last hour.',
      parts: ['module'],
    },
    uncorrected: {
      unit: 'count',
      help: 'Memory errors that a controller could not correct since boot.',
      parts: ['module'],
    },
  },
  keeps: true,
  look: ({ host, clock }, before) => readMemoryErrors(host, clock.monotonic(), before),
  judge: judgeMemoryErrors,
})
