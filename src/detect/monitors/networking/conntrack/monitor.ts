/** Connection tracking: a full table drops new connections of every pod on the node. */
import { probeMonitor } from '../../probe.ts'
import { judgeConntrack } from './judge.ts'
import { readConntrack } from './read.ts'

export const conntrack = probeMonitor({
  name: 'conntrack',
  conditions: ['NetworkingReady'],
  everyMs: 10_000,
  values: {
    'used-percent': {
      unit: 'percent',
      help: 'Share of the connection tracking table that is in use.',
      parts: ['entries', 'limit'],
    },
    entries: { unit: 'count', help: 'Entries of the connection tracking table.', gaugeOnly: true },
  },
  look: ({ host }) => readConntrack(host),
  judge: judgeConntrack,
})
