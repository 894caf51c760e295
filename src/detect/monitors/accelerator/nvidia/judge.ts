/** Judges what NVML answered. A GPU that cannot be asked keeps the findings that it has. */
import { codes, type Gpu } from '../../../nvml/document.ts'
import type { Measured } from '../../limits.ts'
import { judgeLinks } from './links.ts'
import { flag, measure, type One, unknown } from './measure.ts'
import { judgeMemory } from './memory.ts'
import type { NvidiaSample, PlacedGpu } from './sample.ts'
import { judgeStrain } from './strain.ts'
import { type GpuValue, gpuValues, type MachineValue } from './values.ts'

export function judgeNvidia(sample: NvidiaSample): readonly Measured<MachineValue | GpuValue>[] {
  const { expected, gpus, names } = sample
  const unheard = expected.filter((device) => !gpus.some((one) => one.device === device))
  return [
    ...judgeDriver(sample),
    ...gpus.flatMap((placed) => judgeGpu(placed, sample)),
    ...unheard.flatMap((device) => everyValue(device, names[device])),
  ]
}

function judgeDriver({ driver, why, gpus, expected }: NvidiaSample): readonly Measured<MachineValue>[] {
  const answers = driver === 'answers'
  const parts = { why }
  // While it hangs, nobody knows whether it would be loaded, of the right version, and know every GPU.
  const tentative = driver === 'hung'
  const missing = answers ? Math.max(0, expected.length - gpus.length) : 0
  return [
    {
      value: 'gpus-missing',
      amount: missing,
      parts: { known: gpus.length, expected: expected.length },
      tentative: !answers,
    },
    { value: 'driver-hung', amount: flag(tentative), parts },
    { value: 'driver-missing', amount: flag(driver === 'missing'), parts, tentative },
    { value: 'driver-failed', amount: flag(driver === 'failed'), parts, tentative },
    { value: 'library-mismatch', amount: flag(driver === 'mismatch'), parts, tentative },
    ...(answers ? [{ value: 'gpus' as const, amount: gpus.length }] : []),
  ]
}

/** Of a GPU that NVML does not know now. */
function everyValue(device: string, name: string | undefined): readonly Measured<GpuValue>[] {
  const values = Object.keys(gpuValues) as readonly GpuValue[] // the keys of a literal
  const limited = values.filter((value) => !('gaugeOnly' in gpuValues[value]))
  return limited.map((value) => ({ ...unknown(value), device, parts: { gpu: name ?? 'GPU' } }))
}

function judgeGpu(placed: PlacedGpu, sample: NvidiaSample): readonly Measured<GpuValue>[] {
  const { device, gpu } = placed
  const name = sample.names[device] ?? 'GPU'
  const isLost = answersWith(gpu, codes.gpuLost)
  const judged = isLost
    ? []
    : [
        ...judgeState(gpu),
        ...judgeMemory(placed, sample),
        ...judgeLinks(placed, sample),
        ...judgeStrain(placed, sample),
      ]
  const told = judged.map((one) => ({ ...one, device, parts: { ...one.parts, gpu: name } }))
  const lost = { value: 'lost' as const, amount: flag(isLost), device, parts: { gpu: name } }
  return isLost ? [lost, ...everyValue(device, name).filter(({ value }) => value !== 'lost')] : [lost, ...told]
}

/** True when any question about the GPU was answered with this code. */
function answersWith(gpu: Gpu, code: number): boolean {
  return (
    gpu.handle === code || gpu.ecc.volatile.code === code || Object.values(gpu).some((one) => Object(one).code === code)
  )
}

const actions = { reset: 1, reboot: 2, drainPeers: 3, drainAndReset: 4, recoverImex: 5 } as const

/** The verdict of the driver, which outranks what error numbers advise, and settings that wait for a reset. */
function judgeState(gpu: Gpu): One {
  const { inforom, mig, persistence, processes, memoryUsed, recoveryAction } = gpu
  const asks = (value: GpuValue, of: readonly number[], words = {}): One =>
    measure(value, recoveryAction, (action) => flag(of.includes(action)), words)
  const drains = 'value' in recoveryAction && recoveryAction.value === actions.drainAndReset
  const partitioned = 'value' in mig && mig.value.current === 1
  return [
    { value: 'reset-required', amount: flag(answersWith(gpu, codes.resetRequired)) },
    ...asks('asks-reset', [actions.reset, actions.drainAndReset], {
      action: drains ? 'to end its jobs and reset it' : 'to reset it',
    }),
    ...asks('asks-reboot', [actions.reboot]),
    ...asks('asks-drain-p2p', [actions.drainPeers]),
    ...asks('asks-imex-recovery', [actions.recoverImex]),
    ...('value' in mig
      ? measure('mig-pending', mig, ({ current, pending }) => flag(current !== pending), {
          current: mig.value.current === 1 ? 'on' : 'off',
          pending: mig.value.pending === 1 ? 'on' : 'off',
        })
      : []),
    // Instances of MIG have processes of their own, and the memory is theirs.
    ...(processes && !partitioned && 'value' in processes
      ? measure('unowned-memory-bytes', memoryUsed, (bytes) => (processes.value === 0 ? bytes : 0))
      : []),
    ...measure('persistence-off', persistence, (mode) => flag(mode === 0)),
    ...('code' in inforom && inforom.code !== codes.inforomCorrupted
      ? measure('inforom-corrupted', inforom, () => 0)
      : [{ value: 'inforom-corrupted' as const, amount: flag('code' in inforom) }]),
  ]
}
