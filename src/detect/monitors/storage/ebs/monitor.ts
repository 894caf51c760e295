/** EBS volumes that are held back because they, or their instance, are used beyond a limit. */
import { probeMonitor } from '../../probe.ts'
import { judgeEbs } from './judge.ts'
import { readEbs } from './read.ts'

const held = (whose: string) =>
  ({
    unit: 'seconds',
    help: `Seconds of ten minutes in which a disk was used beyond ${whose}.`,
    parts: ['id'],
  }) as const

export const ebs = probeMonitor({
  name: 'ebs',
  conditions: ['StorageReady'],
  everyMs: 300_000,
  values: {
    'volume-iops-seconds': held('the operations per second of its volume'),
    'volume-throughput-seconds': held('the throughput of its volume'),
    'instance-iops-seconds': held('the operations per second of the instance'),
    'instance-throughput-seconds': held('the throughput of the instance'),
  },
  look: (from, before) => readEbs(from, before),
  judge: judgeEbs,
})
