/** A cluster as it is → a scenario that begins there. Pure. */
import { healthyStatus } from '../../../model/condition.ts'
import type { Policy } from '../../../model/policy.ts'
import { poolLabels } from '../../../providers/providers.ts'
import type { PodObject } from '../../../repair/act/drain/pod.ts'
import { repairTaintKey } from '../../../repair/act/taint.ts'
import type { NodePoolObject } from '../../../repair/observe/node-pools.ts'
import type { NodeObject } from '../../../repair/observe/seen.ts'
import type { RepairPolicyObject } from '../../../repair/policy/parse.ts'
import type { Names } from './names.ts'
import { type BudgetObject, isWritable, podGroups, writableBudgets } from './workloads.ts'

export interface ClusterObjects {
  readonly nodes: readonly NodeObject[]
  readonly pods: readonly PodObject[]
  readonly budgets: readonly BudgetObject[]
  readonly policyObjects: readonly RepairPolicyObject[]
  /** The same, read. */
  readonly policies: readonly Policy[]
  readonly nodePools: readonly NodePoolObject[]
}

export interface SnapshotScenario {
  /** The YAML document. */
  readonly document: Readonly<Record<string, unknown>>
  /** What a scenario cannot say, for people. */
  readonly notes: readonly string[]
}

const zoneLabel = 'topology.kubernetes.io/zone'
/** Labels that decisions read, beside those of policies and of pools. */
const readLabels = [
  'node.kubernetes.io/instance-type',
  'karpenter.sh/initialized',
  'node-role.kubernetes.io/control-plane',
]
const cloudPools = ['eks.amazonaws.com/nodegroup', 'cloud.google.com/gke-nodepool', 'kubernetes.azure.com/agentpool']
const vetoKey = 'nodemend.dev/veto'
/** Taints that the scenario's own cluster sets, or that a repair leaves. */
const ownTaint = /^node\.kubernetes\.io\//

/** Writes the scenario; `now` is its start. */
export function snapshotScenario(cluster: ClusterObjects, names: Names, now: number): SnapshotScenario {
  const groups = groupsOf(cluster, names)
  const nodeNames = new Map(
    groups.flatMap(({ name, nodes }) =>
      nodes.map((node, index) => [node.metadata.name ?? '', `${name}-${index + 1}`] as const),
    ),
  )
  const stamp = new Date(now).toISOString()
  const pods = podGroups(cluster.pods, cluster.budgets, nodeNames, names)
  const budgets = writableBudgets(cluster.budgets, names)
  const namespaces = new Set([...pods, ...budgets].map(({ namespace }) => namespace))
  namespaces.delete('default')
  const objects = [
    ...[...namespaces].sort().map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    ...cluster.nodePools.map((one) => nodePoolOf(one, names)),
  ]
  const timeline = cluster.nodes.flatMap((node) => happeningsOf(node, nodeNames, cluster.policies, now))
  const foreign = cluster.policyObjects.filter(({ spec }) => providerOf(spec) !== undefined)
  return {
    document: {
      scenario: `a cluster as it was at ${stamp}`,
      start: stamp,
      policies: Object.fromEntries(cluster.policyObjects.map((one) => policyOf(one, names))),
      cluster: {
        groups: Object.fromEntries(groups.map(({ name, given }) => [name, given])),
        ...(pods.length > 0 && { pods }),
        ...(budgets.length > 0 && { budgets }),
        ...(objects.length > 0 && { objects }),
      },
      ...(timeline.length > 0 && { timeline }),
      end: '2h',
    },
    notes: [
      ...cluster.budgets
        .filter((one) => !isWritable(one))
        .map(
          ({ metadata }) =>
            `a PodDisruptionBudget in ${names.of('namespace', metadata.namespace ?? '')} is left out: it has matchExpressions`,
        ),
      ...foreign.map(
        ({ metadata }) =>
          `policy ${names.of('policy', metadata.name ?? '')} names a provider; here it is auto, the model of any cloud`,
      ),
      'repairs under way and past ones are not in it: it begins without a memory',
    ],
  }
}

interface Group {
  readonly name: string
  readonly nodes: readonly NodeObject[]
  readonly given: Readonly<Record<string, unknown>>
}

/** Machines of one pool with the same labels and taints, as far as decisions read them. */
function groupsOf({ nodes, policies }: ClusterObjects, names: Names): readonly Group[] {
  const keys = new Set([
    ...[...poolLabels, ...cloudPools, ...readLabels],
    ...policies.flatMap(({ nodeSelector, budgets }) => [
      ...Object.keys(nodeSelector),
      ...budgets.flatMap(({ label }) => label ?? []),
    ]),
  ])
  keys.delete(zoneLabel)
  const labelsOf = ({ metadata }: NodeObject): Readonly<Record<string, string>> =>
    Object.fromEntries(Object.entries(metadata.labels ?? {}).filter(([key]) => keys.has(key)))
  const byForm = Map.groupBy(nodes, (node) =>
    JSON.stringify([poolOf(node), Object.entries(labelsOf(node)).sort(), taintsOf(node)]),
  )
  const counts = new Map<string, number>()
  return [...byForm]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, mine]) => {
      const [first] = mine
      if (!first) return []
      const pool = names
        .of('pool', poolOf(first))
        .toLowerCase()
        .replace(/[^a-z0-9-]/g, '-')
      const nth = (counts.get(pool) ?? 0) + 1
      counts.set(pool, nth)
      const labels = Object.entries(labelsOf(first)).map(([key, value]) => [
        names.label(key),
        shownValue(key, value, names),
      ])
      const zones = mine.flatMap(({ metadata }) => metadata.labels?.[zoneLabel] ?? [])
      const taints = taintsOf(first)
      const name = nth === 1 ? pool : `${pool}-g${nth}`
      const given = {
        size: mine.length,
        ...(labels.length > 0 && { labels: Object.fromEntries(labels) }),
        ...(taints.length > 0 && { taints }),
        ...(zones.length > 0 && { zones: [...new Set(zones)].sort().map((zone) => names.of('zone', zone)) }),
      }
      return [
        { name, nodes: [...mine].sort((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1)), given },
      ]
    })
}

function poolOf({ metadata }: NodeObject): string {
  const key = [...poolLabels, ...cloudPools].find((one) => metadata.labels?.[one] !== undefined)
  return (key && metadata.labels?.[key]) || 'nodes'
}

/** A pool has one name wherever it stands. */
function shownValue(key: string, value: string, names: Names): string {
  if (poolLabels.includes(key) || cloudPools.includes(key)) return names.of('pool', value)
  return key === 'node.kubernetes.io/instance-type' ? value : names.of('value', value)
}

function taintsOf({ spec }: NodeObject): readonly string[] {
  return (spec?.taints ?? [])
    .filter(({ key }) => !ownTaint.test(key) && key !== repairTaintKey)
    .map(({ key, value = '', effect }) => `${key}${value === '' ? '' : `=${value}`}:${effect}`)
    .sort()
}

/** What is wrong with a node now, and what people have said about it. */
function happeningsOf(
  { metadata, spec, status }: NodeObject,
  nodeNames: ReadonlyMap<string, string>,
  policies: readonly Policy[],
  now: number,
): readonly object[] {
  const nodes = nodeNames.get(metadata.name ?? '')
  const asked = new Set(policies.flatMap(({ match }) => match.map((one) => one.condition)))
  const conditions = (status?.conditions ?? []).filter(({ type }) => asked.has(type) && type !== 'Ready')
  const ready = status?.conditions?.find((one) => one.type === 'Ready')
  return [
    ...(ready !== undefined && ready.status !== 'True' ? [{ at: '0s', kubelet: 'stops', nodes }] : []),
    ...conditions
      .filter(({ type, status: said }) => said !== (healthyStatus(type) ?? said))
      .map(({ type, status: said, reason = '', lastTransitionTime }) => {
        const minutes = Math.floor((now - Date.parse(lastTransitionTime ?? '')) / 60_000)
        const stamp = minutes >= 1 ? { stamp: `-${minutes}m` } : {}
        return { at: '0s', condition: `${type}=${said}`, nodes, ...(reason !== '' && { reason }), ...stamp }
      }),
    ...(spec?.unschedulable ? [{ at: '0s', cordon: true, nodes }] : []),
    ...(metadata.annotations?.[vetoKey] === undefined ? [] : [{ at: '0s', veto: 'true', nodes }]),
  ]
}

function providerOf(spec: unknown): string | undefined {
  const { provider } = (spec ?? {}) as { readonly provider?: string } // parsePolicies has read it
  return provider === undefined || provider === 'auto' ? undefined : provider
}

function policyOf({ metadata, spec }: RepairPolicyObject, names: Names): readonly [string, object] {
  const given = (spec ?? {}) as {
    readonly nodeSelector?: Readonly<Record<string, string>>
    readonly budgets?: readonly { readonly label?: string }[]
  }
  const selector = Object.entries(given.nodeSelector ?? {}).map(([key, value]) => [
    names.label(key),
    shownValue(key, value, names),
  ])
  const written = {
    ...given,
    ...(selector.length > 0 && { nodeSelector: Object.fromEntries(selector) }),
    ...(given.budgets && {
      budgets: given.budgets.map((one) => ({
        ...one,
        ...(one.label !== undefined && { label: names.label(one.label) }),
      })),
    }),
    ...(providerOf(spec) !== undefined && { provider: 'auto' }),
  }
  return [names.of('policy', metadata.name ?? ''), written]
}

function nodePoolOf({ metadata, spec }: NodePoolObject, names: Names): object {
  const budgets = spec?.disruption?.budgets ?? []
  return {
    apiVersion: 'karpenter.sh/v1',
    kind: 'NodePool',
    metadata: { name: names.of('pool', metadata.name ?? '') },
    spec: { disruption: { budgets } },
  }
}
