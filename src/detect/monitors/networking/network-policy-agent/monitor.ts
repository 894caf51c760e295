/** The network policy agent of Amazon EKS, where systemd runs it. */
import { probeMonitor } from '../../probe.ts'
import { judgeNetworkPolicyAgent } from './judge.ts'
import { readNetworkPolicyAgent } from './read.ts'

export const networkPolicyAgent = probeMonitor({
  name: 'network-policy-agent',
  conditions: ['NetworkingReady'],
  everyMs: 60_000,
  values: {
    'not-running': { unit: 'count', help: '1 when systemd’s unit of the network policy agent has no process.' },
  },
  look: ({ host }) => readNetworkPolicyAgent(host),
  judge: judgeNetworkPolicyAgent,
})
