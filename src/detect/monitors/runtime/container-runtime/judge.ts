/** Tells whether the runtime answers. A socket that never answered may be left over, or the runtime has yet to start. */
import type { Measured } from '../../limits.ts'
import type { RuntimeSample } from './read.ts'

export function judgeRuntime({ socket, trouble, answered }: RuntimeSample): readonly Measured<'not-answering'>[] {
  const sick = trouble !== undefined
  return [
    {
      value: 'not-answering',
      amount: sick && answered ? 1 : 0,
      parts: { socket, trouble: trouble ?? '' },
      tentative: sick && !answered,
    },
  ]
}
