/** Tells whether the address manager can be reached. */
import type { Measured } from '../../limits.ts'
import type { IpamdSample } from './read.ts'

export function judgeIpamd({ trouble }: IpamdSample): readonly Measured<'not-running'>[] {
  return [{ value: 'not-running', amount: trouble === undefined ? 0 : 1, parts: { trouble: trouble ?? '' } }]
}
