/** Tells which settings keep pods from being reached. */
import type { Measured } from '../../limits.ts'
import type { SysctlsSample } from './read.ts'

export function judgeSysctls({ forwards }: SysctlsSample): readonly Measured<'forwarding-off'>[] {
  return [{ value: 'forwarding-off', amount: forwards ? 0 : 1 }]
}
