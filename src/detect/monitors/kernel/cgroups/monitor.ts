/** Task limits of cgroups (TasksMax, podPidsLimit, kubelet's reservation), and cgroups that are never freed. */
import { probeMonitor } from '../../probe.ts'
import { judgeCgroups } from './judge.ts'
import { readCgroups } from './read.ts'

export const cgroups = probeMonitor({
  name: 'cgroups',
  conditions: ['KernelReady'],
  everyMs: 60_000,
  values: {
    'tasks-percent': {
      unit: 'percent',
      help: 'Tasks of a cgroup of the node (kubepods, its classes, system.slice, kubelet, the runtime) as a share of its limit.',
      parts: ['tasks', 'limit'],
    },
    'pod-tasks-percent': {
      unit: 'percent',
      help: 'Tasks of a pod as a share of its limit, by the UID of the pod; only above 80 %.',
      parts: ['tasks', 'limit'],
    },
    'ids-percent': {
      unit: 'percent',
      help: 'Memory cgroups, live and dying, as a share of the ids that the kernel has for them.',
      parts: ['cgroups', 'limit'],
    },
    count: { unit: 'count', help: 'Memory cgroups of the machine, live and dying.', gaugeOnly: true },
  },
  look: ({ host }) => readCgroups(host),
  judge: judgeCgroups,
})
