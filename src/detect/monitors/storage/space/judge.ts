/** Computes how full each volume is and when it will be full. */
import type { Measured } from '../../limits.ts'
import { type SpaceSample, trendMs, type Volume } from './read.ts'

type Value = 'used-percent' | 'inodes-used-percent' | 'hours-to-full' | 'free-bytes'

/** A trend of more than this is no trend. */
const mostHours = 1_000
/** Below this use kubelet's image collection has not begun (imageGCHighThresholdPercent), so growth is normal. */
const watchedPercent = 85

export function judgeSpace({ at, volumes }: SpaceSample): readonly Measured<Value>[] {
  return volumes.flatMap((volume): readonly Measured<Value>[] => {
    const { name: device, where, usedBytes, freeBytes, inodes, freeInodes, images } = volume
    const total = usedBytes + freeBytes
    if (total === 0) return []
    const used = (usedBytes * 100) / total
    const holds = images ? ' (it holds the container images)' : ''
    const trend = trendOf(volume, at)
    const measured: readonly Measured<Value>[] = [
      { value: 'used-percent', amount: used, device, parts: { where, free: size(freeBytes), holds } },
      { value: 'free-bytes', amount: freeBytes, device },
      {
        value: 'hours-to-full',
        amount: used < watchedPercent ? mostHours : trend.hours,
        device,
        parts: { where, used: Math.round(used), holds },
        tentative: used >= watchedPercent && trend.tentative,
      },
    ]
    if (inodes === 0) return measured
    const inodesUsed = ((inodes - freeInodes) * 100) / inodes
    return [
      ...measured,
      { value: 'inodes-used-percent', amount: inodesUsed, device, parts: { where, free: freeInodes, holds } },
    ]
  })
}

/** A trend over less than the whole window could be one image pull, so it raises nothing. */
function trendOf({ usedBytes, freeBytes, past: [first] }: Volume, at: number): { hours: number; tentative: boolean } {
  if (!first || at - first.at < trendMs) return { hours: mostHours, tentative: true }
  const perHour = ((usedBytes - first.usedBytes) * 3_600_000) / (at - first.at)
  return { hours: perHour > 0 ? Math.min(mostHours, freeBytes / perHour) : mostHours, tentative: false }
}

/** Bytes as `df -h` writes them. */
function size(bytes: number): string {
  const gigabytes = bytes / 2 ** 30
  return gigabytes >= 1 ? `${gigabytes.toFixed(1)} GiB` : `${Math.round(bytes / 2 ** 20)} MiB`
}
