/** Counts the kills of the last ten minutes: one is said by its line in the kernel log, many are a state of the node. */

import { growthOf, type Trail } from '../../growth.ts'
import type { Measured } from '../../limits.ts'
import { windowMs } from './read.ts'

export function judgeOomKills(trail: Trail): readonly Measured<'recent' | 'since-boot'>[] {
  const { amount, tentative } = growthOf(trail, 'kills', windowMs)
  return [
    { value: 'recent', amount, tentative },
    { value: 'since-boot', amount: trail.counts.kills ?? 0 },
  ]
}
