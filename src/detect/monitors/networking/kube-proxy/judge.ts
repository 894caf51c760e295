/** Tells whether kube-proxy is well. A port that never answered may be switched off. */
import type { Measured } from '../../limits.ts'
import type { KubeProxySample } from './read.ts'

export function judgeKubeProxy({ trouble, answered }: KubeProxySample): readonly Measured<'not-ready'>[] {
  const sick = trouble !== undefined
  return [
    {
      value: 'not-ready',
      amount: sick && answered ? 1 : 0,
      parts: { trouble: trouble ?? '' },
      tentative: sick && !answered,
    },
  ]
}
