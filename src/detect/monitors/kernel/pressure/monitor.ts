/** Contention for memory and storage that stalls the whole node. */
import { probeMonitor } from '../../probe.ts'
import { judgePressure } from './judge.ts'
import { readPressure } from './read.ts'

export const pressure = probeMonitor({
  name: 'pressure',
  conditions: ['KernelReady', 'StorageReady'],
  everyMs: 10_000,
  values: {
    'memory-percent': {
      unit: 'percent',
      help: 'Share of time in which every task waited for memory: the smaller of the averages over 10 and 60 s.',
      parts: ['avg10', 'avg60'],
    },
    'io-percent': {
      unit: 'percent',
      help: 'Share of time in which every task waited for storage: the smaller of the averages over 10 and 60 s.',
      parts: ['avg10', 'avg60'],
    },
  },
  look: ({ host }) => readPressure(host),
  judge: judgePressure,
})
