/**
 * Implements KEP-5394: the averages over 10 and 60 seconds must both exceed the limit, so the smaller one counts. CPU
 * is not measured, because throttling of one container looks like contention of the node.
 */
import type { Measured } from '../../limits.ts'
import type { PressureSample, Stalls } from './read.ts'

export function judgePressure({ memory, io }: PressureSample): readonly Measured<'memory-percent' | 'io-percent'>[] {
  return [
    { value: 'memory-percent', amount: both(memory), parts: { ...memory } },
    { value: 'io-percent', amount: both(io), parts: { ...io } },
  ]
}

function both({ avg10, avg60 }: Stalls): number {
  return Math.min(avg10, avg60)
}
