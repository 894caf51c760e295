/** One look at the cluster for `status` and `why`: nodes, repairs, policies, and who leads. */
import { readReport } from '../../detect/report/health/schema.ts'
import {
  type Api,
  type KubeObject,
  leases,
  nodeHealths,
  nodePools,
  nodeRepairs,
  nodes,
  type Resource,
  repairPolicies,
} from '../../kube/api.ts'
import { isKubeError, KubeError } from '../../kube/errors.ts'
import { getObject, listObjects } from '../../kube/objects.ts'
import { acknowledgedKey } from '../../model/acknowledgement.ts'
import type { ClusterSnapshot, NodeView, Pause } from '../../model/node.ts'
import type { NodeHealthReport } from '../../model/node-health.ts'
import type { Attempt } from '../../model/repair.ts'
import type { ProviderName } from '../../providers/providers.ts'
import { poolLabels, poolsOf, providersNamed } from '../../providers/providers.ts'
import { ownActions } from '../../repair/act/actions.ts'
import { readAttempt } from '../../repair/attempt/record.ts'
import { unreadKarpenter } from '../../repair/observe/karpenter-repair.ts'
import { type NodePoolObject, readNodePool, unreadNodePools } from '../../repair/observe/node-pools.ts'
import { readPause } from '../../repair/observe/pause.ts'
import { labelled, type NodeObject, SeenNodes } from '../../repair/observe/seen.ts'
import { type ParsedPolicies, parsePolicies, type RepairPolicyObject } from '../../repair/policy/parse.ts'
import type { Clock } from '../../telemetry/clock.ts'

/** What people want to know of a node, and decisions do not. */
export interface NodeNotes {
  /** The annotation with what is acknowledged, as it stands. */
  readonly acknowledged?: string
  /** The whole message of each condition, by type. */
  readonly messages: Readonly<Record<string, string>>
}

export interface ClusterView {
  readonly nodes: readonly NodeView[]
  /** By the node's UID. */
  readonly notes: ReadonlyMap<string, NodeNotes>
  /** What agents report beside the conditions, by name of the node; absent where nothing can be read. */
  readonly reports?: ReadonlyMap<string, NodeHealthReport>
  readonly repairs: readonly Attempt[]
  readonly policyObjects: readonly RepairPolicyObject[]
  readonly policies: ParsedPolicies
  /** False where the cluster does not know our CRDs. */
  readonly installed: boolean
  /** Who leads; absent when nobody does, or the lease may not be read. */
  readonly leader?: string
  readonly pause: Pause
  readonly poolBudgets: ClusterSnapshot['poolBudgets']
  /** Of NodePools that may not be read. */
  readonly unknownBudgets: ClusterSnapshot['unknownBudgets']
  /** Those that the controller is taken to run: nothing in the cluster says which it does. */
  readonly providers: readonly ProviderName[]
}

interface LeaseObject extends KubeObject {
  readonly spec?: {
    readonly holderIdentity?: string
    readonly renewTime?: string
    readonly leaseDurationSeconds?: number
  }
}

/** A person waits: a server that does not answer by then is taken for one that hangs. Each page of a list has as long. */
const timeoutMs = 5_000
/** Small pages come in time over a slow line, too. */
const limit = 100

/**
 * Reads everything once; `running` is who the controller is taken to run. Rejects with KubeError when the cluster cannot
 * be reached, hangs, or refuses us.
 */
export async function viewCluster(
  api: Api,
  clock: Clock,
  lease: { namespace: string; name: string },
  running: readonly ProviderName[],
): Promise<ClusterView> {
  try {
    return await look(api, clock, lease, running)
  } catch (error) {
    if (!isKubeError(error, 'NM_KUBE_TIMEOUT') || error.detail.status !== undefined) throw error
    const remedy = 'check the address in the kubeconfig, the way there (VPN, proxy), and: kubectl get --raw /readyz'
    const text = `${error.detail.call}: no answer from ${api.server} within ${timeoutMs / 1000} s; ${remedy}`
    throw new KubeError(error.code, text, { ...error.detail, cause: error })
  }
}

async function look(
  api: Api,
  clock: Clock,
  lease: { namespace: string; name: string },
  running: readonly ProviderName[],
): Promise<ClusterView> {
  const seen = new SeenNodes()
  const providers = providersNamed(running, { api, clock })
  const [nodeList, repairs, policyObjects, leader, pause, reports, budgets] = await Promise.all([
    listObjects<NodeObject>(api, nodes, { limit, timeoutMs }),
    listIfServed<KubeObject>(api, nodeRepairs),
    listIfServed<RepairPolicyObject>(api, repairPolicies),
    leaderOf(api, clock, lease),
    readPause(api, lease),
    reportsOf(api),
    budgetsOf(api),
  ])
  return {
    nodes: nodeList.items.map((object) => seen.see(object, poolsOf(labelled(object), providers), clock.now()).view),
    notes: new Map(nodeList.items.map((object) => [object.metadata.uid ?? '', notesOf(object)])),
    ...(reports && { reports }),
    repairs: (repairs ?? []).flatMap((object) => readAttempt(object) ?? []),
    policyObjects: policyObjects ?? [],
    policies: parsePolicies(policyObjects ?? []),
    installed: repairs !== undefined && policyObjects !== undefined,
    ...(leader !== undefined && { leader }),
    pause,
    ...budgets,
    providers: running,
  }
}

/** What a decision would be made from, as far as one look tells: claims and the settings of Karpenter are not read. */
export function snapshotOf(
  { nodes: seen, pause, providers, leader, ...view }: ClusterView,
  leading: boolean,
): ClusterSnapshot {
  return {
    nodes: seen,
    claims: [],
    otherRepairers: [unreadKarpenter],
    poolBudgets: view.poolBudgets,
    unknownBudgets: view.unknownBudgets,
    poolLabels,
    ownActions,
    providers,
    health: { synced: true, leases: { state: 'listed', followed: 0, stale: 0 } },
    leadership: { leading, until: Number.MAX_SAFE_INTEGER, fencingToken: 0, identity: leader ?? 'no controller' },
    pause,
  }
}

function notesOf({ metadata, status }: NodeObject): NodeNotes {
  const acknowledged = metadata.annotations?.[acknowledgedKey]
  return {
    ...(acknowledged !== undefined && { acknowledged }),
    messages: Object.fromEntries((status?.conditions ?? []).map(({ type, message = '' }) => [type, message])),
  }
}

/** The budgets of Karpenter's NodePools; whoever may not read them is told so beside the nodes that they bind. */
async function budgetsOf(api: Api): Promise<Pick<ClusterView, 'poolBudgets' | 'unknownBudgets'>> {
  try {
    const pools = (await listIfServed<NodePoolObject>(api, nodePools)) ?? []
    return { poolBudgets: pools.map((one) => readNodePool(one).budgets), unknownBudgets: [] }
  } catch (error) {
    if (!isKubeError(error, 'NM_KUBE_FORBIDDEN')) throw error
    return { poolBudgets: [], unknownBudgets: [unreadNodePools('ask whoever runs the cluster')] }
  }
}

interface NodeHealthObject extends KubeObject {
  readonly report?: unknown
}

/** Nobody needs them: whoever may not read them is told the rest. */
async function reportsOf(api: Api): Promise<ClusterView['reports']> {
  try {
    const objects = (await listIfServed<NodeHealthObject>(api, nodeHealths)) ?? []
    return new Map(
      objects.flatMap(({ metadata, report }) => {
        const read = readReport(report)
        return read ? [[metadata.name ?? '', read] as const] : []
      }),
    )
  } catch (error) {
    if (isKubeError(error, 'NM_KUBE_FORBIDDEN')) return undefined
    throw error
  }
}

async function listIfServed<T extends KubeObject>(api: Api, resource: Resource): Promise<readonly T[] | undefined> {
  try {
    return (await listObjects<T, T>(api, resource, { limit, timeoutMs })).items
  } catch (error) {
    if (isKubeError(error, 'NM_KUBE_NOT_FOUND')) return undefined
    throw error
  }
}

async function leaderOf(api: Api, clock: Clock, ref: { namespace: string; name: string }): Promise<string | undefined> {
  try {
    const { spec } = await getObject<LeaseObject>(api, leases, ref, { timeoutMs })
    const until = Date.parse(spec?.renewTime ?? '') + (spec?.leaseDurationSeconds ?? 0) * 1000
    return spec?.holderIdentity && clock.now() < until ? spec.holderIdentity : undefined
  } catch (error) {
    if (isKubeError(error, 'NM_KUBE_NOT_FOUND', 'NM_KUBE_FORBIDDEN')) return undefined
    throw error
  }
}
