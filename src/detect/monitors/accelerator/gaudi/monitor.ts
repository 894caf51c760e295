/** Intel Gaudi accelerators by the state that their driver tells. */
import { probeMonitor } from '../../probe.ts'
import { judgeGaudi } from './judge.ts'
import { readGaudi } from './read.ts'

export const gaudi = probeMonitor({
  name: 'gaudi',
  conditions: ['AcceleratedHardwareReady'],
  everyMs: 60_000,
  values: {
    malfunction: { unit: 'count', help: '1 for a Gaudi accelerator that its driver gave up.', parts: ['status'] },
    'not-operational': {
      unit: 'count',
      help: '1 for a Gaudi accelerator that is being reset or started, or needs a reset.',
      parts: ['status'],
    },
  },
  look: ({ host }) => readGaudi(host),
  judge: judgeGaudi,
})
