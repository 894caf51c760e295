/** Free space of XFS file systems that is in small pieces. */
import { probeMonitor } from '../../probe.ts'
import { judgeXfs } from './judge.ts'
import { readXfs } from './read.ts'

export const xfs = probeMonitor({
  name: 'xfs',
  conditions: ['StorageReady'],
  everyMs: 6 * 3_600_000, // xfs_db reads all of the free space, which changes over days
  values: {
    'free-extent-blocks': {
      unit: 'count',
      help: 'Mean size of the free pieces of an XFS file system, in blocks; 1000000 where it could not be asked.',
      parts: ['where'],
    },
  },
  look: (from) => readXfs(from),
  judge: judgeXfs,
})
