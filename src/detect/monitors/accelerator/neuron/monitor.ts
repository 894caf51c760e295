/** AWS Inferentia and Trainium by the sysfs files of their driver. */
import { probeMonitor } from '../../probe.ts'
import { judgeNeuron } from './judge.ts'
import { readNeuron } from './read.ts'

export const neuron = probeMonitor({
  name: 'neuron',
  conditions: ['AcceleratedHardwareReady'],
  everyMs: 60_000,
  values: {
    'sram-uncorrected': { unit: 'count', help: 'Uncorrectable errors in caches since the driver was loaded.' },
    'memory-uncorrected': { unit: 'count', help: 'Uncorrectable errors in memory since the driver was loaded.' },
    'memory-repairable': {
      unit: 'count',
      help: 'Uncorrectable errors in memory of the last hour that a reload of the driver repairs.',
    },
    'devices-missing': {
      unit: 'count',
      help: 'Neuron devices on the PCI bus that the driver does not know.',
      parts: ['known', 'expected'],
    },
  },
  look: ({ host, clock }, before) => readNeuron(host, clock.monotonic(), before),
  judge: judgeNeuron,
})
