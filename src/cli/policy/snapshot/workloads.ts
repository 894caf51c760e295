/** Pods of a cluster → the pod groups of a scenario, by count. Pure. */
import { type DrainPod, type PodObject, readPod } from '../../../repair/act/drain/pod.ts'
import type { PodBudget, PodGroup } from '../../../simulate/scenario/schema.ts'
import type { Names } from './names.ts'

/** A PodDisruptionBudget of the API, as far as a scenario can say it. */
export interface BudgetObject {
  readonly metadata: { readonly name?: string; readonly namespace?: string }
  readonly spec?: {
    readonly selector?: {
      readonly matchLabels?: Readonly<Record<string, string>>
      readonly matchExpressions?: readonly unknown[]
    }
    readonly maxUnavailable?: number | string
    readonly minAvailable?: number | string
  }
}

/** As `yaml` writes it: fields at their default are left out. */
export type WrittenGroup = Pick<PodGroup, 'name' | 'namespace' | 'nodes'> & Partial<PodGroup>

/** Tells the workloads of a namespace apart, and the parts of one that has more pods on some nodes than on others. */
const workloadLabel = 'nodemend.dev/workload'
const owners = ['ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'Node'] as const

/** Those that a scenario can say: a selector of labels alone. */
export function writableBudgets(budgets: readonly BudgetObject[], names: Names): readonly PodBudget[] {
  return budgets.filter(isWritable).map(({ metadata, spec = {} }) => {
    const { maxUnavailable, minAvailable, selector } = spec
    return {
      name: names.of('budget', metadata.name ?? ''),
      namespace: names.of('namespace', metadata.namespace ?? ''),
      labels: labelsWith(selector?.matchLabels ?? {}, names),
      ...(maxUnavailable !== undefined && { maxUnavailable }),
      ...(minAvailable !== undefined && { minAvailable }),
    }
  })
}

export function isWritable({ spec }: BudgetObject): boolean {
  return (spec?.selector?.matchExpressions ?? []).length === 0
}

/** `nodeNames` are the names that the nodes have in the scenario. Pods that have ended, or have no node, are left out. */
export function podGroups(
  pods: readonly PodObject[],
  budgets: readonly BudgetObject[],
  nodeNames: ReadonlyMap<string, string>,
  names: Names,
): readonly WrittenGroup[] {
  const running = pods.filter(({ spec, status }) => nodeNames.has(spec?.nodeName ?? '') && isRunning(status?.phase))
  const workloads = Map.groupBy(running, workloadOf)
  const all = [...workloads].sort(([a], [b]) => (a < b ? -1 : 1))
  return all.flatMap(([key, mine]) => {
    const [first] = mine
    if (!first) return []
    const name = names.of('workload', key).split('/').at(-1) ?? ''
    const parts = partsOf(mine, nodeNames)
    const written = first.metadata.ownerReferences?.some((one) => one.kind === 'DaemonSet') ? parts.slice(0, 1) : parts
    return written.map(([count, nodes], part) =>
      groupOf(first, { name: part === 0 ? name : `${name}-p${part + 1}`, count, nodes }, budgets, names),
    )
  })
}

interface Part {
  readonly name: string
  readonly count: number
  readonly nodes: readonly string[]
}

function groupOf(
  pod: PodObject,
  { name, count, nodes }: Part,
  budgets: readonly BudgetObject[],
  names: Names,
): WrittenGroup {
  const read = readPod(pod)
  const owner = ownerOf(read)
  const labels = { ...labelsWith(matchedBy(pod, budgets), names), [workloadLabel]: name }
  return {
    name,
    namespace: names.of('namespace', read.namespace),
    nodes: owner === 'DaemonSet' ? '*' : [...nodes],
    labels,
    ...(owner !== 'DaemonSet' && count > 1 && { count }),
    ...(owner !== 'ReplicaSet' && { owner }),
    ...(read.tolerations.some(({ key, operator }) => key === undefined && operator === 'Exists') && {
      tolerates: 'all' as const,
    }),
    grace: read.graceSeconds,
    ...(read.critical && { critical: true }),
  }
}

/** Who starts it again. A controller that a scenario has no word for starts it elsewhere, as a ReplicaSet does. */
function ownerOf({ owner, mirror }: DrainPod): PodGroup['owner'] {
  if (mirror) return 'Node'
  if (owner === undefined) return 'none'
  return owners.find((one) => one === owner) ?? 'ReplicaSet'
}

/** Namespace, and the controller or the pod itself. */
function workloadOf({ metadata }: PodObject): string {
  const owner = metadata.ownerReferences?.find((one) => one.controller && one.kind !== 'Node')
  return `${metadata.namespace ?? ''}/${owner?.name ?? metadata.name ?? ''}`
}

/** Nodes with so many pods of the workload each, most pods first. */
function partsOf(
  pods: readonly PodObject[],
  nodeNames: ReadonlyMap<string, string>,
): readonly [number, readonly string[]][] {
  const perNode = Map.groupBy(pods, ({ spec }) => nodeNames.get(spec?.nodeName ?? '') ?? '')
  const byCount = Map.groupBy([...perNode], ([, mine]) => mine.length)
  return [...byCount]
    .sort(([a], [b]) => b - a)
    .map(([count, nodes]): [number, readonly string[]] => [count, nodes.map(([name]) => name).sort()])
}

function isRunning(phase: string | undefined): boolean {
  return phase === 'Running' || phase === 'Pending'
}

/** The labels by which budgets select the pod: no others matter to a drain. */
function matchedBy({ metadata }: PodObject, budgets: readonly BudgetObject[]): Readonly<Record<string, string>> {
  const mine = budgets.filter((one) => one.metadata.namespace === metadata.namespace && isWritable(one))
  const keys = new Set(mine.flatMap(({ spec }) => Object.keys(spec?.selector?.matchLabels ?? {})))
  return Object.fromEntries(Object.entries(metadata.labels ?? {}).filter(([key]) => keys.has(key)))
}

function labelsWith(labels: Readonly<Record<string, string>>, names: Names): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).map(([key, value]) => [names.label(key), names.of('value', value)]))
}
