/** Auto Scaling groups that are no managed node groups of EKS: self-managed nodes, and clusters that run on EC2 without EKS. */
import { nodes } from '../../kube/api.ts'
import { rightOn } from '../../kube/rights/right.ts'
import { groupActor } from '../eks/actor.ts'
import type { ProviderKind } from '../provider.ts'

/** Set by people, because AWS puts no label of a group on its nodes. */
const poolLabel = 'nodemend.dev/auto-scaling-group'

export const autoScaling: ProviderKind = {
  can: ['Reboot', 'Replace'],
  poolLabel,
  deletes: 'Instance',
  says: 'Auto Scaling groups of your own on EC2: EC2 reboots the instance, or its group ends it and starts another one; not for managed node groups, nor for nodes of Karpenter',
  rights: [
    rightOn(nodes, ['get'], 'no machine of an Auto Scaling group is seen to boot or to go'),
    rightOn(nodes, ['list'], 'no replacement in an Auto Scaling group is seen to join', { actions: ['Replace'] }),
  ],
  make: ({ api, clock, autoScaling: settings }) =>
    groupActor({ api, clock, settings, poolLabel, managed: false, flag: '--providers auto-scaling' }),
}
