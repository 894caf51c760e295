/** Computes the mean delay of a disk's requests, and how long none has finished. */
import { growthOf } from '../../growth.ts'
import type { Measured } from '../../limits.ts'
import { type DiskIoSample, delayWindowMs } from './read.ts'

/** A mean of fewer requests says nothing. */
const leastRequests = 10

export function judgeDiskIo({ disks, trail }: DiskIoSample): readonly Measured<'delay-seconds' | 'stalled-seconds'>[] {
  return disks.flatMap(({ name, inFlight, stalledAt }) => {
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
    ]
  })
}
