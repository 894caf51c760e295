/** Judges a GPU's memory: remapped rows, retired pages, uncorrectable and corrected errors. */
import type { Ecc, EccLocation } from '../../../nvml/document.ts'
import { growthOf } from '../../growth.ts'
import { counterKey } from './counts.ts'
import { flag, measure, type One, unknown } from './measure.ts'
import { type NvidiaSample, type PlacedGpu, windowMs } from './sample.ts'

/** For people. */
const places: Readonly<Record<EccLocation, string>> = {
  l1: 'L1 cache',
  l2: 'L2 cache',
  dram: 'memory',
  registers: 'registers',
  texture: 'texture memory',
  sram: 'SRAM',
}

export function judgeMemory({ device, gpu }: PlacedGpu, { trail }: NvidiaSample): One {
  const { channelRepairPending, ecc, retiredDoubleBit, retiredSingleBit, retirementPending, rows, spareRows } = gpu
  const { amount, tentative } = growthOf(trail, counterKey(device, 'corrected'), windowMs)
  const single = 'value' in retiredSingleBit ? retiredSingleBit.value : 0
  return [
    ...measure('remap-pending', rows, ({ pending }) => flag(pending !== 0)),
    ...measure('remap-failed', rows, ({ failure }) => flag(failure !== 0)),
    ...measure('remapped-uncorrected', rows, ({ uncorrected }) => uncorrected),
    ...measure('banks-without-spare', spareRows, ({ none }) => none),
    ...measure('channel-repair-pending', channelRepairPending, (pending) => flag(pending !== 0)),
    ...measure('retirement-pending', retirementPending, (pending) => flag(pending !== 0)),
    ...measure('retired-pages', retiredDoubleBit, (double) => double + single, {
      doubleBit: 'value' in retiredDoubleBit ? retiredDoubleBit.value : 0,
    }),
    ...judgeErrors(ecc),
    ...measure('sram-threshold', ecc.sramThreshold, (exceeded) => flag(exceeded !== 0)),
    { value: 'corrected-errors', amount, tentative },
    ...measure('ecc-pending', ecc.mode, ({ current, pending }) => flag(current !== pending)),
  ]
}

/** Errors since the driver was loaded: a reset clears them, so a finding ends when the GPU is mended. */
function judgeErrors({ volatile: { code, uncorrected } }: Ecc): One {
  if (code !== 0) return [unknown('sram-uncorrected'), unknown('dram-uncorrected')]
  const { dram, ...rest } = uncorrected
  const hit = Object.entries(rest).filter(([, count]) => count > 0)
  const where = hit.map(([location, count]) => `${count} in ${places[location as EccLocation]}`).join(', ') // its keys
  const most = Math.max(0, ...Object.values(rest)) // `sram` counts the others again
  return [
    ...(Object.keys(rest).length > 0 ? [{ value: 'sram-uncorrected' as const, amount: most, parts: { where } }] : []),
    ...(dram === undefined ? [] : [{ value: 'dram-uncorrected' as const, amount: dram }]),
  ]
}
