/** A step moves the wall clock alone; slewing by NTP moves both clocks. */
import type { Measured } from '../../limits.ts'
import type { ClockSample, TimeService } from './read.ts'

type Value = 'step-seconds' | 'unsynchronized' | 'offset-seconds'

export function judgeClock({ offsetMs, service }: ClockSample, before?: ClockSample): readonly Measured<Value>[] {
  const step = before ? (offsetMs - before.offsetMs) / 1_000 : 0
  const direction = step < 0 ? 'back' : 'forward'
  return [
    { value: 'step-seconds', amount: Math.abs(step), parts: { direction }, tentative: before === undefined },
    ...(service ? serviceOf(service) : []),
  ]
}

function serviceOf({ name, synchronized, offsetSeconds }: TimeService): readonly Measured<Value>[] {
  const unsynchronized = { value: 'unsynchronized', amount: synchronized ? 0 : 1, parts: { service: name } } as const
  // Without a source the estimate is of the time when there was one.
  if (offsetSeconds === undefined || !synchronized) return [unsynchronized]
  const parts = { service: name, direction: offsetSeconds < 0 ? 'behind' : 'ahead' }
  return [unsynchronized, { value: 'offset-seconds', amount: Math.abs(offsetSeconds), parts }]
}
