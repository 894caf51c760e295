/** Counts how often a table of neighbours was full, or had to be cleaned for want of room. */
import { growthOf } from '../../growth.ts'
import type { Measured } from '../../limits.ts'
import { type NeighboursSample, windowMs } from './read.ts'

export function judgeNeighbours({
  tables,
  trail,
}: NeighboursSample): readonly Measured<'full' | 'cleanings' | 'entries'>[] {
  return tables.flatMap(({ name, entries }) => {
    const [full, cleanings] = [
      growthOf(trail, `${name} table_fulls`, windowMs),
      growthOf(trail, `${name} forced_gc_runs`, windowMs),
    ]
    const parts = { entries }
    return [
      { value: 'full', amount: full.amount, device: name, parts, tentative: full.tentative },
      { value: 'cleanings', amount: cleanings.amount, device: name, parts, tentative: cleanings.tentative },
      { value: 'entries', amount: entries, device: name },
    ]
  })
}
