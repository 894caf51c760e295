/** File systems that stopped taking writes, whether or not the kernel log still says so. */
import { probeMonitor } from '../../probe.ts'
import { judgeMounts } from './judge.ts'
import { readFileSystems } from './read.ts'

export const mounts = probeMonitor({
  name: 'mounts',
  conditions: ['StorageReady'],
  everyMs: 30_000,
  values: {
    stopped: {
      unit: 'count',
      help: '1 for a file system, by its device, that no longer takes writes although it should.',
      parts: ['where', 'type', 'why'],
    },
  },
  look: ({ host }, before) => readFileSystems(host, before),
  judge: judgeMounts,
})
