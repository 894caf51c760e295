/** Process ids: without a free one, no container, probe or log-in starts. */
import { probeMonitor } from '../../probe.ts'
import { judgeTasks } from './judge.ts'
import { readTasks } from './read.ts'

export const tasks = probeMonitor({
  name: 'tasks',
  conditions: ['KernelReady'],
  everyMs: 30_000,
  values: {
    'used-percent': {
      unit: 'percent',
      help: 'Tasks (processes and their threads) as a share of the smaller of kernel.pid_max and kernel.threads-max.',
      parts: ['tasks', 'limit', 'name'],
    },
    count: { unit: 'count', help: 'Tasks of the machine: processes and their threads.', gaugeOnly: true },
  },
  look: ({ host }) => readTasks(host),
  judge: judgeTasks,
})
