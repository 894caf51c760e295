/** Counters of each GPU for the trail of growth.ts: those of NVML, and looks at which a limit of the clocks was set. */
import type { Gpu } from '../../../nvml/document.ts'
import type { Counts, Trail } from '../../growth.ts'
import type { PlacedGpu } from './sample.ts'

export type Counter =
  | 'replays'
  | 'corrected'
  | 'link-crc'
  | 'link-recoveries'
  | 'looks'
  | 'slow looks'
  | 'power brake looks'

export function counterKey(device: string, counter: Counter): string {
  return `${device} ${counter}`
}

/** nvml.h, `nvmlClocksEventReason…`: hardware slowdown, hardware thermal slowdown, power brake. */
const slowBits = 0x8 | 0x40
const brakeBit = 0x80

export function countsOf(gpus: readonly PlacedGpu[], before?: Trail): Counts {
  return Object.fromEntries(gpus.flatMap(({ device, gpu }) => ofGpu(device, gpu, before)))
}

function ofGpu(device: string, gpu: Gpu, before?: Trail): readonly (readonly [string, number])[] {
  const { clockReasons, ecc, links, pcieReplays } = gpu
  const sum = (of: 'crcErrors' | 'recoveries'): number => links.reduce((all, link) => all + link[of], 0)
  const counts: Partial<Record<Counter, number>> = {
    corrected: Object.values(ecc.volatile.corrected).reduce((all, count) => all + count, 0),
    ...('value' in pcieReplays && { replays: pcieReplays.value }),
    ...(links.length > 0 && { 'link-crc': sum('crcErrors'), 'link-recoveries': sum('recoveries') }),
    ...('value' in clockReasons && looksOf(device, clockReasons.value, before)),
  }
  return Object.entries(counts).map(([counter, count]) => [counterKey(device, counter as Counter), count]) // its keys
}

/** Looks are counted by us: NVML tells only what is set now. */
function looksOf(device: string, reasons: number, before?: Trail): Partial<Record<Counter, number>> {
  const more = (counter: Counter, is: boolean): number =>
    (before?.counts[counterKey(device, counter)] ?? 0) + (is ? 1 : 0)
  const braked = (reasons & brakeBit) !== 0
  return {
    looks: more('looks', true),
    'slow looks': more('slow looks', !braked && (reasons & slowBits) !== 0),
    'power brake looks': more('power brake looks', braked),
  }
}
