/** Processors that are too hot to run at full speed. */
import { probeMonitor } from '../../probe.ts'
import { judgeCpuThermal } from './judge.ts'
import { readCpuThermal } from './read.ts'

export const cpuThermal = probeMonitor({
  name: 'cpu-thermal',
  conditions: ['KernelReady'],
  everyMs: 60_000,
  values: {
    'throttled-percent': {
      unit: 'percent',
      help: 'Share of the last five minutes in which a processor package was throttled because of its heat.',
    },
  },
  keeps: true,
  look: ({ host, clock }, before) => readCpuThermal(host, clock.monotonic(), before),
  judge: judgeCpuThermal,
})
