/** Processes with so many environment variables that they start slowly or not at all. */
import { probeMonitor } from '../../probe.ts'
import { judgeEnvironments } from './judge.ts'
import { readEnvironments } from './read.ts'

export const environments = probeMonitor({
  name: 'environments',
  conditions: ['KernelReady'],
  everyMs: 600_000, // a walk over every process
  values: {
    'most-variables': {
      unit: 'count',
      help: 'Environment variables of the process that has most; 0 where none has more than 250.',
      parts: ['name', 'pid'],
    },
  },
  look: ({ host, clock }) => readEnvironments(host, () => clock.monotonic()),
  judge: judgeEnvironments,
})
