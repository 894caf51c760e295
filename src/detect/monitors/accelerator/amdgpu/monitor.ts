/** AMD GPUs by the sysfs files of their driver: errors, bad pages, heat, PCIe. */
import { probeMonitor } from '../../probe.ts'
import { judgeAmd } from './judge.ts'
import { readAmd } from './read.ts'

const named = ['gpu'] as const

export const amdgpu = probeMonitor({
  name: 'amdgpu',
  conditions: ['AcceleratedHardwareReady'],
  everyMs: 300_000, // each look repeats the sums of a GPU with errors in the kernel log
  values: {
    uncorrected: {
      unit: 'count',
      help: 'Uncorrectable errors of an AMD GPU since its driver was loaded.',
      parts: ['gpu', 'where'],
    },
    'deferred-per-hour': {
      unit: 'count',
      help: 'Errors of the last hour whose data nobody has used yet.',
      parts: named,
    },
    'corrected-per-hour': { unit: 'count', help: 'Errors of the last hour that were corrected.', parts: named },
    'bad-pages': { unit: 'count', help: 'Pages of memory that are out of use.', gaugeOnly: true },
    'pages-pending': { unit: 'count', help: 'Bad pages that go out of use at the next reset.', parts: named },
    'pages-failed': { unit: 'count', help: 'Bad pages that could not be taken out of use.', parts: named },
    'pcie-width-lost-percent': {
      unit: 'percent',
      help: 'Share of the PCIe lanes that the link does not use.',
      parts: ['gpu', 'width', 'most'],
    },
    'critical-temperature': {
      unit: 'count',
      help: '1 when a sensor of the GPU has reached its critical temperature.',
      parts: ['gpu', 'label', 'temperature', 'critical'],
    },
    'temperature-celsius': { unit: 'celsius', help: 'The sensor that is nearest to its limit.', gaugeOnly: true },
    'without-driver': { unit: 'count', help: '1 for an AMD GPU without a driver, beside others with amdgpu.' },
  },
  look: ({ host, clock }, before) => readAmd(host, clock.monotonic(), before),
  judge: judgeAmd,
})
