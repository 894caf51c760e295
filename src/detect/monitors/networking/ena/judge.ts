/** Counts what each allowance cost in the last ten minutes. */
import { growthOf } from '../../growth.ts'
import type { Measured } from '../../limits.ts'
import { counters, type EnaSample, windowMs } from './read.ts'

type Value = keyof typeof counters

export function judgeEna({ cards, trail }: EnaSample): readonly Measured<Value>[] {
  return cards.flatMap((device) =>
    (Object.keys(counters) as Value[]).flatMap((value) => {
      const key = `${device} ${counters[value]}`
      if (trail.counts[key] === undefined) return [] // drivers before 2.4 count less
      const { amount, tentative } = growthOf(trail, key, windowMs)
      return [{ value, amount, device, tentative }]
    }),
  )
}
