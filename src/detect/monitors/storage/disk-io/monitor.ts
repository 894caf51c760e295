/** Disks that answer slowly or not at all. Needs neither delay accounting nor pressure information. */
import { probeMonitor } from '../../probe.ts'
import { judgeDiskIo } from './judge.ts'
import { readDiskIo } from './read.ts'

export const diskIo = probeMonitor({
  name: 'disk-io',
  conditions: ['StorageReady'],
  everyMs: 30_000,
  values: {
    'delay-seconds': {
      unit: 'seconds',
      help: 'Mean time of a request of a disk over the last minute.',
      parts: ['requests'],
    },
    'stalled-seconds': {
      unit: 'seconds',
      help: 'Time for which a disk has had requests and finished none.',
      parts: ['requests'],
    },
    'flush-seconds': {
      unit: 'seconds',
      help: 'Mean time in which a disk wrote out its cache over the last minute; programs that call fsync wait for it.',
      parts: ['flushes'],
    },
  },
  keeps: true,
  look: ({ host, clock }, before) => readDiskIo(host, clock.monotonic(), before),
  judge: judgeDiskIo,
})
