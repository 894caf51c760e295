/** The share of the last five minutes in which each package was throttled. */

import { growthOf } from '../../growth.ts'
import type { Measured } from '../../limits.ts'
import { type CpuThermalSample, windowMs } from './read.ts'

export function judgeCpuThermal({ trail }: CpuThermalSample): readonly Measured<'throttled-percent'>[] {
  return Object.keys(trail.counts).map((device) => {
    const { amount, overMs, tentative } = growthOf(trail, device, windowMs)
    const percent = overMs === 0 ? 0 : Math.min(100, (amount * 100) / overMs)
    return { value: 'throttled-percent', amount: percent, device, tentative }
  })
}
