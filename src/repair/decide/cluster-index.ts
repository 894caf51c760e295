/** Counts over the whole cluster, made once per pass: what the breaker, zone and budget gates look up. */
import { type ClaimView, type ClusterSnapshot, isReady, type NodeView, selects } from '../../model/node.ts'
import type { Policy } from '../../model/policy.ts'
import { type Attempt, isInFlight } from '../../model/repair.ts'
import { type Budgets, indexBudgets } from './budget/budget.ts'
import { once } from './budget/once.ts'
import { zoneLabel } from './budget/place.ts'
import type { Candidate } from './candidate.ts'
import { foreignOwner } from './foreign.ts'
import { nothingRemembered, type PoolMemory, rememberPools } from './pool-memory.ts'
import { hasPool, poolLabelsOf, poolName } from './pool-name.ts'
import { isTakenOver, takersAmong } from './takers.ts'
import { vetoOn } from './vetoed.ts'

/** Nodes that fail together: the breaker's scope. */
export interface PoolCounts {
  readonly name: string
  total: number
  /** UIDs of nodes that a rule matches or that are under repair, each once; not those that a person has vetoed. */
  readonly unhealthy: Set<string>
  /** First sightings by signature (condition and reason). */
  readonly sightings: Map<string, number[]>
  inFlight: number
}

export interface Zone {
  readonly name: string
  total: number
  unhealthy: number
}

/** How many nodes a policy selects, and how many repairs are blocked among them. */
export interface PolicyScope {
  readonly nodes: number
  readonly blocked: number
}

export interface ClusterIndex {
  poolOf(candidate: Candidate): PoolCounts
  zoneOf(node: NodeView): Zone | undefined
  scopeOf(policy: Policy): PolicyScope
  readonly budgets: Budgets
  /** Every node with the providerID of `node`; none where it has none. */
  sharingMachine(node: NodeView): readonly NodeView[]
  /** The claims with the providerID of `node`. */
  claimsOf(node: NodeView): readonly ClaimView[]
  /** True when a node other than `node` and those `leaving` takes its pods. */
  isTakenOver(node: NodeView, leaving: ReadonlySet<string>): boolean
  memoryOf(candidate: Candidate): PoolMemory
}

/** Indexes one snapshot. `sick` are the nodes that some rule matches. */
export function indexCluster(
  snapshot: ClusterSnapshot,
  policies: readonly Policy[],
  records: readonly Attempt[],
  sick: ReadonlyMap<string, Candidate>,
  now: number,
): ClusterIndex {
  const poolLabels = poolLabelsOf(snapshot)
  const pools = new Map<string, PoolCounts>()
  const zones = new Map<string, Zone>()
  const pool = (labels: NodeView['labels'], policy: string): PoolCounts =>
    entry(pools, poolName(labels, policy, poolLabels), newPool)
  // Nodes without a pool are counted per policy, because the policy's selection is then the only group we know of.
  const policiesOf = (labels: NodeView['labels']): readonly string[] =>
    hasPool(labels, poolLabels)
      ? ['']
      : policies.filter((one) => selects(one.nodeSelector, labels)).map((one) => one.name)

  for (const node of snapshot.nodes) {
    const candidate = sick.get(node.uid)
    const ours = candidate && foreignOwner(node, snapshot) === undefined
    for (const policy of policiesOf(node.labels)) {
      const into = pool(node.labels, policy)
      into.total++
      if (ours && vetoOn(node, now) === undefined) into.unhealthy.add(node.uid)
      if (ours) entry(into.sightings, signature(candidate), () => []).push(candidate.since)
    }
    const zone = node.labels[zoneLabel]
    if (zone === undefined) continue
    const into = entry(zones, zone, (name) => ({ name, total: 0, unhealthy: 0 }))
    into.total++
    if (candidate || !isReady(node)) into.unhealthy++
  }
  for (const attempt of records.filter((one) => isInFlight(one.phase))) {
    for (const policy of policiesOf(attempt.nodeLabels)) {
      const into = pool(attempt.nodeLabels, policy)
      into.inFlight++
      into.unhealthy.add(attempt.nodeUid)
    }
  }
  const scopes = new Map(policies.map((policy) => [policy.name, policyScope(policy, snapshot, records)]))
  // Made where a candidate asks: most passes have none.
  const takers = once(() => takersAmong(snapshot.nodes))
  const machines = once(() => Map.groupBy(snapshot.nodes, (one) => one.providerId))
  const claims = once(() => Map.groupBy(snapshot.claims, (one) => one.providerId))
  const nameOf = (labels: NodeView['labels'], policy: string): string => poolName(labels, policy, poolLabels)
  const memory = rememberPools(records, snapshot.nodes, sick, nameOf, now)
  return {
    sharingMachine: ({ providerId }) => (providerId === undefined ? [] : (machines().get(providerId) ?? [])),
    claimsOf: ({ providerId }) => (providerId === undefined ? [] : (claims().get(providerId) ?? [])),
    isTakenOver: (node, leaving) => isTakenOver(takers(), node, leaving),
    poolOf: ({ node, policy }) => pool(node.labels, policy.name),
    zoneOf: (node) => zones.get(node.labels[zoneLabel] ?? ''),
    memoryOf: ({ node, policy }) => memory.get(nameOf(node.labels, policy.name)) ?? nothingRemembered,
    budgets: indexBudgets({ snapshot, policies, records, sick, now }),
    scopeOf: (policy) => scopes.get(policy.name) ?? policyScope(policy, snapshot, records),
  }
}

/** Condition and reason: what many nodes share when one cause hits them all. */
export function signature({ condition }: Candidate): string {
  return `${condition.type} ${condition.reason}`
}

/** Counts for one policy, over what it selects. */
function policyScope(policy: Policy, snapshot: ClusterSnapshot, records: readonly Attempt[]): PolicyScope {
  const ours = records.filter((one) => one.plan?.policy === policy.name || selects(policy.nodeSelector, one.nodeLabels))
  return {
    nodes: snapshot.nodes.filter((node) => selects(policy.nodeSelector, node.labels)).length,
    blocked: ours.filter((one) => one.phase === 'Blocked').length,
  }
}

function newPool(name: string): PoolCounts {
  return { name, total: 0, unhealthy: new Set(), sightings: new Map(), inFlight: 0 }
}

function entry<Value>(map: Map<string, Value>, key: string, make: (key: string) => Value): Value {
  let found = map.get(key)
  if (found === undefined) {
    found = make(key)
    map.set(key, found)
  }
  return found
}
