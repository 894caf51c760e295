/** NVIDIA GPUs as their driver sees them: identity, memory, links, heat, what the driver asks for, and whether it answers. */
import { probeMonitor } from '../../probe.ts'
import { judgeNvidia } from './judge.ts'
import { lookMs, readNvidia } from './read.ts'
import { gpuValues, machineValues } from './values.ts'

export const nvidia = probeMonitor({
  name: 'nvidia',
  conditions: ['AcceleratedHardwareReady'],
  everyMs: 60_000,
  deadlineMs: lookMs,
  values: { ...machineValues, ...gpuValues },
  look: readNvidia,
  judge: judgeNvidia,
})
