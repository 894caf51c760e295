/** The way to each pod where the Amazon VPC CNI makes it: its rule, its route, and whether it has the address that it was given. */
import { probeMonitor } from '../../probe.ts'
import { judgeVpcCni } from './judge.ts'
import { readVpcCni } from './read.ts'

export const vpcCni = probeMonitor({
  name: 'vpc-cni',
  conditions: ['NetworkingReady'],
  everyMs: 300_000,
  values: {
    'rule-missing': { unit: 'count', help: '1 for the address of a pod without a routing rule.', parts: ['pod'] },
    'route-missing': {
      unit: 'count',
      help: '1 for the address of a pod without a route to it, and for a table of a network card without a default route.',
      parts: ['what'],
    },
    inconsistent: {
      unit: 'count',
      help: '1 for an address of the CNI’s checkpoint whose pod was given another one.',
      parts: ['pod', 'given'],
    },
  },
  look: (from) => readVpcCni(from),
  judge: judgeVpcCni,
})
