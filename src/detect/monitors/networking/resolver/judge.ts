/** Tells whether names can be resolved on the node. */
import type { Measured } from '../../limits.ts'
import type { ResolverSample } from './read.ts'

export function judgeResolver({ servers, local }: ResolverSample): readonly Measured<'no-server' | 'not-answering'>[] {
  return [
    { value: 'no-server', amount: servers === 0 ? 1 : 0 },
    ...local.map(({ address, trouble, answered }) => ({
      value: 'not-answering' as const,
      amount: trouble !== undefined && answered ? 1 : 0,
      device: address,
      parts: { trouble: trouble ?? '' },
      tentative: !answered, // not every server speaks TCP
    })),
  ]
}
