/** Tells whether free space is in small pieces. What could not be asked keeps what was said of it. */
import type { Measured } from '../../limits.ts'
import type { XfsVolume } from './read.ts'

/** More than any limit. */
const plenty = 1e6

export function judgeXfs(volumes: readonly XfsVolume[]): readonly Measured<'free-extent-blocks'>[] {
  return volumes.map(({ name: device, where, blocks }) => ({
    value: 'free-extent-blocks',
    amount: blocks ?? plenty,
    device,
    parts: { where },
    tentative: blocks === undefined,
  }))
}
