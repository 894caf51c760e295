/** How full the node's disks are, in bytes and inodes, and when they will be full. */
import { probeMonitor } from '../../probe.ts'
import { judgeSpace } from './judge.ts'
import { readSpace } from './read.ts'

export const space = probeMonitor({
  name: 'space',
  conditions: ['StorageReady'],
  everyMs: 60_000,
  values: {
    'used-percent': {
      unit: 'percent',
      help: 'Share of a file system that is in use, by its device.',
      parts: ['where', 'free', 'holds'],
    },
    'inodes-used-percent': {
      unit: 'percent',
      help: 'Share of the inodes of a file system that is in use, by its device.',
      parts: ['where', 'free', 'holds'],
    },
    'hours-to-full': {
      unit: 'hours',
      help: 'Hours until a file system that is more than 85 % full will be full, after the last half hour; at most 1000.',
      parts: ['where', 'used', 'holds'],
    },
    'free-bytes': { unit: 'bytes', help: 'Free space of a file system, by its device.', gaugeOnly: true },
  },
  keeps: true,
  look: ({ host, clock }, before) => readSpace(host, clock.monotonic(), before),
  judge: judgeSpace,
})
