/** Managed node groups of Amazon EKS: instances of their Auto Scaling groups. */
import { nodes } from '../../kube/api.ts'
import { rightOn } from '../../kube/rights/right.ts'
import type { ProviderKind } from '../provider.ts'
import { groupActor } from './actor.ts'

const poolLabel = 'eks.amazonaws.com/nodegroup'

export const eks: ProviderKind = {
  can: ['Reboot', 'Replace'],
  poolLabel,
  deletes: 'Instance',
  says: 'managed node groups of Amazon EKS: EC2 reboots the instance, or its Auto Scaling group ends it and starts another one; node groups that EKS repairs itself are left alone',
  rights: [
    rightOn(nodes, ['get'], 'no machine of EKS is seen to boot or to go'),
    rightOn(nodes, ['list'], 'no replacement of a machine of EKS is seen to join', { actions: ['Replace'] }),
  ],
  make: ({ api, clock, eks: settings }) =>
    groupActor({ api, clock, settings, poolLabel, managed: true, flag: '--eks-cluster' }),
}
