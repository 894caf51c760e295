/** Swap in compressed memory that is nearly full: what comes next is the OOM killer. */
import { probeMonitor } from '../../probe.ts'
import { judgeZram } from './judge.ts'
import { readZram } from './read.ts'

export const zram = probeMonitor({
  name: 'zram',
  conditions: ['KernelReady'],
  everyMs: 60_000,
  values: {
    'used-percent': { unit: 'percent', help: 'Share of a zram disk that is in use.', parts: ['memory'] },
    'memory-bytes': { unit: 'bytes', help: 'Memory that a zram disk takes.', gaugeOnly: true },
  },
  look: ({ host }) => readZram(host),
  judge: judgeZram,
})
