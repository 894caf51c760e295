/** Software arrays that have lost redundancy. */
import { probeMonitor } from '../../probe.ts'
import { judgeRaid } from './judge.ts'
import { readRaid } from './read.ts'

export const raid = probeMonitor({
  name: 'raid',
  conditions: ['StorageReady'],
  everyMs: 60_000,
  values: {
    'missing-disks': { unit: 'count', help: 'Members that a software array misses.', parts: ['disks'] },
  },
  look: ({ host }) => readRaid(host),
  judge: judgeRaid,
})
