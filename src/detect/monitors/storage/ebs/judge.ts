/** Seconds of the last ten minutes in which a volume was held back. */
import { growthOf } from '../../growth.ts'
import type { Measured } from '../../limits.ts'
import { type EbsSample, offsets, windowMs } from './read.ts'

type Value = keyof typeof offsets

export function judgeEbs({ volumes, trail }: EbsSample): readonly Measured<Value>[] {
  return volumes.flatMap(({ disk: device, id }) =>
    (Object.keys(offsets) as Value[]).flatMap((value) => {
      const key = `${device} ${value}`
      if (trail.counts[key] === undefined) return []
      const { amount, tentative } = growthOf(trail, key, windowMs)
      return [{ value, amount: amount / 1e6, device, parts: { id }, tentative }]
    }),
  )
}
