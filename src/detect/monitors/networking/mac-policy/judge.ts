/** Tells whether udev changes the addresses that the CNI gave to interfaces. */
import type { Measured } from '../../limits.ts'
import type { MacPolicySample } from './read.ts'

export function judgeMacPolicy({ files }: MacPolicySample): readonly Measured<'misconfigured'>[] {
  const [first] = files
  return [
    {
      value: 'misconfigured',
      amount: files.length,
      parts: { file: first?.file ?? '', policy: first?.policy ?? '' },
    },
  ]
}
