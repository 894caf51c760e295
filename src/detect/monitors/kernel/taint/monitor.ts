/** Flags that the kernel sets when it can be trusted less; most of them stay until the next boot. */
import { probeMonitor } from '../../probe.ts'
import { judgeTaint } from './judge.ts'
import { readTaint } from './read.ts'

export const taint = probeMonitor({
  name: 'taint',
  conditions: ['KernelReady'],
  everyMs: 60_000,
  values: {
    'fault-flags': {
      unit: 'count',
      help: 'Taint flags that mean a fault since boot: machine check, bad page, oops, soft lockup.',
      parts: ['flags'],
    },
    'new-flags': { unit: 'count', help: 'Taint flags that were set since the look before.', parts: ['flags'] },
  },
  keeps: true,
  look: ({ host }, before) => readTaint(host, before),
  judge: judgeTaint,
})
