/** The rate of corrected errors, and whether there was one that could not be corrected since boot. */

import { growthOf } from '../../growth.ts'
import type { Measured } from '../../limits.ts'
import { type MemoryErrorsSample, windowMs } from './read.ts'

export function judgeMemoryErrors({
  controllers,
  trail,
}: MemoryErrorsSample): readonly Measured<'corrected-per-hour' | 'uncorrected'>[] {
  return controllers.flatMap(({ name, uncorrected, module }) => {
    const { amount, tentative } = growthOf(trail, name, windowMs)
    const parts = { module: module === '' ? '' : ` (most on ${module})` }
    return [
      { value: 'corrected-per-hour', amount, device: name, parts, tentative },
      { value: 'uncorrected', amount: uncorrected, device: name, parts },
    ]
  })
}
