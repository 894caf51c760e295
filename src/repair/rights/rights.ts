/** The rights of the controller, and which of them a repair needs. A call without a right in this list fails the tests. */
import {
  events,
  leases,
  nodeClaims,
  nodeHealths,
  nodePools,
  nodeRepairs,
  nodes,
  podDisruptionBudgets,
  pods,
  remediations,
  repairPolicies,
} from '../../kube/api.ts'
import { type Permission, permissionsOf, type Right, rbacRemedy, rightOn } from '../../kube/rights/right.ts'
import { type Intervention, isOnNode } from '../../model/action.ts'
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
    rightOn(remediations, ['list', 'watch'], 'no health check of medik8s or Cluster API can ask for a repair', {
      optional: true,
    }),
    rightOn(remediations, ['patch'], 'health checks of medik8s and Cluster API get no answer', {
      subresource: 'status',
      optional: true,
    }),
    rightOn(nodeClaims, ['list', 'watch'], 'nodes of Karpenter are not repaired: whether it deletes them is unknown', {
      optional: true,
    }),
    rightOn(nodePools, ['list', 'watch'], 'nodes of Karpenter are not repaired: what their budgets allow is unknown', {
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

/** Further rights of a controller that acts on nodes by pods in `namespace`. docs/adr/0051-pods-on-nodes.md */
export function onNodeRights(namespace: string): readonly Right[] {
  return [
    rightOn(pods, ['create', 'get'], 'nothing is carried out on nodes: no service is restarted, no GPU is reset', {
      namespace,
    }),
    rightOn(pods, ['list', 'delete'], 'pods of ended repairs stay until their node goes', { namespace }),
    rightOn(nodeHealths, ['get'], 'no GPU is reset: which one it is stands in the NodeHealth', {
      actions: ['ResetGPU'],
    }),
  ]
}

/** All rights of a controller with these providers; `onNode`: it acts on nodes, too. */
export function rightsWithProviders(
  namespace: string,
  providers: readonly ProviderName[],
  onNode = false,
): readonly Right[] {
  return [
    ...controllerRights(namespace),
    ...providers.flatMap((name) => providerKinds[name].rights),
    ...(onNode ? onNodeRights(namespace) : []),
  ]
}

/** The command that grants them; `image`: of the pods by which it acts on nodes. */
export function controllerRemedy(namespace: string, providers: readonly string[], image?: string): string {
  const onNode = image === undefined ? [] : [`--on-node ${image}`]
  const flags = [`--namespace ${namespace}`, `--providers ${providers.join()}`, ...onNode]
  return rbacRemedy('controller', flags)
}

/** What a repair does, as far as its rights go. */
export interface Intent {
  readonly action: Intervention
  readonly provider: string
  readonly target: RepairTarget
  readonly drain: DrainLimits
}

/** Everything that the repair must be allowed to do before its first step touches the node; its pods are in `namespace`. */
export function permissionsFor(
  { action, provider, target, drain: limits }: Intent,
  namespace: string,
): readonly Permission[] {
  const { drains, by } = kindOf(action)
  const kinds: Readonly<Record<string, ProviderKind>> = providerKinds
  const provided = by === 'provider' ? (kinds[provider]?.rights ?? []) : []
  const own = isOnNode(action) ? onNodeRights(namespace) : []
  const rights = [
    taint,
    ...(drains ? drain : []),
    ...(drains && limits.onTimeout === 'ForceDelete' ? [force] : []),
    ...[...provided, ...own].filter(({ actions }) => actions === undefined || actions.includes(action)),
  ]
  return permissionsOf(rights).map((one) =>
    one.verb === 'delete' && provided.includes(one.right) && one.right.resource === pluralOf(target)
      ? { ...one, name: target.name }
      : one,
  )
}

/** As the plural of every kind that a provider deletes. */
function pluralOf({ kind }: RepairTarget): string {
  return `${kind.toLowerCase()}s`
}
