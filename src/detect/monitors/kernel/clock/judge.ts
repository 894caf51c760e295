/** A step moves the wall clock alone; slewing by NTP moves both clocks. */
import type { Measured } from '../../limits.ts'
import type { ClockSample } from './read.ts'

export function judgeClock(
  { offsetMs, synchronized }: ClockSample,
  before?: ClockSample,
): readonly Measured<'step-seconds' | 'unsynchronized'>[] {
  const step = before ? (offsetMs - before.offsetMs) / 1_000 : 0
  const direction = step < 0 ? 'back' : 'forward'
  return [
    { value: 'step-seconds', amount: Math.abs(step), parts: { direction }, tentative: before === undefined },
    ...(synchronized === undefined ? [] : [{ value: 'unsynchronized' as const, amount: synchronized ? 0 : 1 }]),
  ]
}
