/** NVMe controllers that are dead, or have not been ready for a while. */
import { probeMonitor } from '../../probe.ts'
import { judgeNvme } from './judge.ts'
import { readNvme } from './read.ts'

export const nvme = probeMonitor({
  name: 'nvme',
  conditions: ['StorageReady'],
  everyMs: 30_000,
  values: {
    dead: {
      unit: 'count',
      help: '1 for an NVMe controller that the kernel gave up.',
      parts: ['state', 'model', 'serial'],
    },
    'not-live': {
      unit: 'count',
      help: '1 for an NVMe controller that is being reset, connected or removed.',
      parts: ['state', 'model', 'serial'],
    },
  },
  look: ({ host }) => readNvme(host),
  judge: judgeNvme,
})
