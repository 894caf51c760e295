/** Zombies that nobody reaps, and daemons of the node that run out of file descriptors. */
import { probeMonitor } from '../../probe.ts'
import { judgeProcesses } from './judge.ts'
import { readProcesses } from './read.ts'

export const processes = probeMonitor({
  name: 'processes',
  conditions: ['KernelReady'],
  everyMs: 120_000, // a walk over every process
  values: {
    zombies: {
      unit: 'count',
      help: 'Processes that have ended and whose parent has not asked for their status.',
      parts: ['parent', 'pid', 'most'],
    },
    'files-percent': {
      unit: 'percent',
      help: 'Open files of a process of root as a share of its own limit; only where its table is large.',
      parts: ['pid', 'files', 'limit'],
    },
  },
  look: ({ host }) => readProcesses(host),
  judge: judgeProcesses,
})
