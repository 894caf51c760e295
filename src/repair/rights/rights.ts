/** The rights of the controller, and which of them a repair needs. A call without a right in this list fails the tests. */
import {
  events,
  leases,
  nodeClaims,
  nodeRepairs,
  nodes,
  podDisruptionBudgets,
  pods,
  repairPolicies,
} from '../../kube/api.ts'
import { type Permission, permissionsOf, type Right, rbacRemedy, rightOn } from '../../kube/rights/right.ts'
import type { Intervention } from '../../model/action.ts'
import type { DrainLimits } from '../../model/policy.ts'
import type { RepairTarget } from '../../model/repair.ts'
import type { ProviderKind } from '../../providers/provider.ts'
import { type ProviderName, providerKinds } from '../../providers/providers.ts'
import { kindOf } from '../act/actions.ts'
import { volumeAttachments } from '../act/drain/volumes.ts'
import { podGroups } from '../act/gang/gangs.ts'
import { evictionRequests, evictions } from '../act/requests/requests.ts'
import { deployments } from '../observe/karpenter-repair.ts'

const taint = rightOn(nodes, ['get', 'patch'], 'no repair begins: its taint cannot be set on the node')
const drain: readonly Right[] = [
  rightOn(pods, ['list'], 'no drain begins: the pods of a node cannot be seen'),
  rightOn(pods, ['create'], 'no drain gets on: pods cannot be evicted', { subresource: 'eviction' }),
]
const force = rightOn(pods, ['delete'], 'drains with onTimeout ForceDelete are refused', { optional: true })
const requestVerbs = ['list', 'create', 'patch', 'delete'] as const
/** A drain goes on without these, and says what it could not do. */
const drainExtras: readonly Right[] = [
  rightOn(pods, ['patch'], 'pods are not told to save their state (nodemend.dev/save-state-for)', { optional: true }),
  rightOn(pods, ['patch'], 'a Job counts a pod that onTimeout ForceDelete deleted as failed by itself', {
    subresource: 'status',
    optional: true,
  }),
  rightOn(podDisruptionBudgets, ['list'], 'records do not say beforehand which budgets will hold a drain up', {
    optional: true,
  }),
  rightOn(
    evictionRequests,
    requestVerbs,
    'pods are evicted by pods/eviction alone, and their responders are not asked',
    { optional: true },
  ),
  rightOn(evictions, ['list'], 'records do not say which responder works on an eviction', { optional: true }),
  rightOn(podGroups, ['get'], 'pods of a PodGroup (scheduling.k8s.io) are not taken for a gang', { optional: true }),
  rightOn(volumeAttachments, ['list'], 'machines are acted on before the volumes of their pods are detached', {
    optional: true,
  }),
]

const lifecycle = rightOn(
  nodes,
  ['patch'],
  'nodes under repair carry no life-cycle conditions (DrainInProgress and its like)',
  {
    subresource: 'status',
    optional: true,
  },
)

/** Where the kubelets renew their leases. */
const kubeletNamespace = 'kube-node-lease'

/** The rights of a controller whose leader lease lies in `namespace`, without those of its providers. */
export function controllerRights(namespace: string): readonly Right[] {
  return [
    rightOn(nodes, ['list', 'watch'], 'no sick node is seen'),
    taint,
    ...drain,
    force,
    ...drainExtras,
    lifecycle,
    rightOn(repairPolicies, ['list', 'watch'], 'no policy is seen'),
    rightOn(repairPolicies, ['update'], 'no policy says whether it is in force', { subresource: 'status' }),
    rightOn(
      nodeRepairs,
      ['get', 'list', 'watch', 'create', 'patch', 'delete'],
      'no repair is put on record, and none begins',
    ),
    rightOn(nodeRepairs, ['update'], 'no decision is put on record, and none is carried out', {
      subresource: 'status',
    }),
    rightOn(nodeClaims, ['list', 'watch'], 'nodes of Karpenter are not repaired: whether it deletes them is unknown', {
      optional: true,
    }),
    rightOn(deployments, ['list'], 'nodes of Karpenter are not repaired: whether it repairs them itself is unknown', {
      optional: true,
    }),
    rightOn(leases, ['get', 'create', 'update'], 'no controller leads, and nothing is repaired', { namespace }),
    rightOn(leases, ['list'], 'nothing is repaired: whether kubelets reach the API server is unknown', {
      namespace: kubeletNamespace,
    }),
    rightOn(events, ['create', 'patch'], 'decisions and repairs become no Events', {
      namespace: 'default',
      optional: true,
    }),
  ]
}

/** All rights of a controller with these providers. */
export function rightsWithProviders(namespace: string, providers: readonly ProviderName[]): readonly Right[] {
  return [...controllerRights(namespace), ...providers.flatMap((name) => providerKinds[name].rights)]
}

/** The command that grants them. */
export function controllerRemedy(namespace: string, providers: readonly string[]): string {
  return rbacRemedy('controller', [`--namespace ${namespace}`, `--providers ${providers.join()}`])
}

/** What a repair does, as far as its rights go. */
export interface Intent {
  readonly action: Intervention
  readonly provider: string
  readonly target: RepairTarget
  readonly drain: DrainLimits
}

/** Everything that the repair must be allowed to do before its first step touches the node. */
export function permissionsFor({ action, provider, target, drain: limits }: Intent): readonly Permission[] {
  const { drains, by } = kindOf(action)
  const kinds: Readonly<Record<string, ProviderKind>> = providerKinds
  const provided = by === 'provider' ? (kinds[provider]?.rights ?? []) : []
  const rights = [
    taint,
    ...(drains ? drain : []),
    ...(drains && limits.onTimeout === 'ForceDelete' ? [force] : []),
    ...provided.filter(({ actions }) => actions === undefined || actions.includes(action)),
  ]
  return permissionsOf(rights).map((one) =>
    one.verb === 'delete' && provided.includes(one.right) ? { ...one, name: target.name } : one,
  )
}
