/** Tells whether kubelet is well. A port that never answered may be switched off, or kubelet has yet to start. */
import type { Measured } from '../../limits.ts'
import type { KubeletSample } from './read.ts'

export function judgeKubelet({ trouble, answered }: KubeletSample): readonly Measured<'not-answering'>[] {
  const sick = trouble !== undefined
  return [
    {
      value: 'not-answering',
      amount: sick && answered ? 1 : 0,
      parts: { trouble: trouble ?? '' },
      tentative: sick && !answered,
    },
  ]
}
