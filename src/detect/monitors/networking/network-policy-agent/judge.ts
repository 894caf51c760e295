/** Tells whether the agent has a process. */
import type { Measured } from '../../limits.ts'
import type { NetworkPolicyAgentSample } from './read.ts'

export function judgeNetworkPolicyAgent({ running }: NetworkPolicyAgentSample): readonly Measured<'not-running'>[] {
  return [{ value: 'not-running', amount: running ? 0 : 1 }]
}
