/** Counts the missing members of each array. */
import type { Measured } from '../../limits.ts'
import type { RaidArray } from './read.ts'

export function judgeRaid(arrays: readonly RaidArray[]): readonly Measured<'missing-disks'>[] {
  return arrays.map(({ name, disks, missing }) => ({
    value: 'missing-disks',
    amount: missing,
    device: name,
    parts: { disks },
  }))
}
