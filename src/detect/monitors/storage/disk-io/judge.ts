/** Computes the mean delay of a disk's requests, and how long none has finished. */
import { growthOf } from '../../growth.ts'
import type { Measured } from '../../limits.ts'
import { type DiskIoSample, delayWindowMs } from './read.ts'

/** A mean of fewer requests says nothing. */
const leastRequests = 10
const leastFlushes = 5

type Value = 'delay-seconds' | 'stalled-seconds' | 'flush-seconds'

export function judgeDiskIo({ disks, trail }: DiskIoSample): readonly Measured<Value>[] {
  return disks.flatMap(({ name, inFlight, stalledAt }): readonly Measured<Value>[] => {
    const finished = growthOf(trail, `${name} finished`, delayWindowMs)
    const waited = growthOf(trail, `${name} waited`, delayWindowMs)
    const known = finished.amount >= leastRequests
    return [
      {
        value: 'delay-seconds',
        amount: known ? waited.amount / finished.amount / 1_000 : 0,
        device: name,
        parts: { requests: finished.amount },
        tentative: finished.tentative || stalledAt !== undefined,
      },
      {
        value: 'stalled-seconds',
        amount: stalledAt === undefined ? 0 : (trail.at - stalledAt) / 1_000,
        device: name,
        parts: { requests: inFlight },
        tentative: finished.overMs === 0,
      },
      ...flushesOf(name, trail),
    ]
  })
}

/** What fsync(2) waits for: a disk with a volatile cache writes it out. Kernels before 5.5 do not count it. */
function flushesOf(name: string, trail: DiskIoSample['trail']): readonly Measured<'flush-seconds'>[] {
  if (trail.counts[`${name} flushed`] === undefined) return []
  const flushed = growthOf(trail, `${name} flushed`, delayWindowMs)
  const flushing = growthOf(trail, `${name} flushing`, delayWindowMs)
  const known = flushed.amount >= leastFlushes
  return [
    {
      value: 'flush-seconds',
      amount: known ? flushing.amount / flushed.amount / 1_000 : 0,
      device: name,
      parts: { flushes: flushed.amount },
      tentative: flushed.tentative,
    },
  ]
}
