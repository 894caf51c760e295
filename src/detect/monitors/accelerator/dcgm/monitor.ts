/** DCGM's health checks, where somebody runs it. */
import { probeMonitor } from '../../probe.ts'
import { judgeDcgm } from './judge.ts'
import { readDcgm } from './read.ts'

const told = ['text'] as const

export const dcgm = probeMonitor({
  name: 'dcgm',
  conditions: ['AcceleratedHardwareReady'],
  everyMs: 60_000,
  deadlineMs: 20_000, // dcgm-exporter and dcgmi, one after the other
  values: {
    failed: { unit: 'count', help: '1 for a check of DCGM that failed and makes the GPU unusable.', parts: told },
    warned: { unit: 'count', help: '1 for a check of DCGM that warns, or failed for a lesser cause.', parts: told },
    noted: { unit: 'count', help: '1 for a check of DCGM that says what other sources say better.', parts: told },
    'not-answering': { unit: 'count', help: '1 when DCGM accepts a question and does not answer.', parts: ['trouble'] },
  },
  look: readDcgm,
  judge: judgeDcgm,
})
