/** Clusters for tests: sane defaults, every field overridable, nothing random. */
import type { ApiHealth, ClusterSnapshot, Leadership, NodeView, Pause, SeenCondition } from '../../model/node.ts'
import type { Policy } from '../../model/policy.ts'
import type { Attempt } from '../../model/repair.ts'
import { poolLabels } from '../../providers/providers.ts'

/** Noon of a day on which nothing else happened. */
export const noon = Date.parse('2026-03-01T12:00:00Z')
export const minute = 60_000
export const hour = 60 * minute

/** A condition that turned at `since` and is asserted regularly. */
export function givenCondition(
  type: string,
  status: SeenCondition['status'] = 'False',
  given: Partial<SeenCondition> = {},
): SeenCondition {
  const stamp = new Date(noon).toISOString()
  return {
    type,
    status,
    reason: `${type}Reason`,
    message: '',
    lastTransitionTime: stamp,
    lastHeartbeatTime: stamp,
    seenAt: noon,
    ...given,
  }
}

/** A node that takes pods, ready since yesterday. `sick` conditions are added to Ready=True. */
export function givenNode(name: string, given: Partial<NodeView> = {}, ...sick: readonly SeenCondition[]): NodeView {
  return {
    name,
    uid: `uid-${name}`,
    bootId: 'boot-1',
    createdAt: noon - 24 * hour,
    deleting: false,
    unschedulable: false,
    labels: {},
    annotations: {},
    taints: [],
    pools: [{ provider: 'embedded', pool: 'pool', can: ['Reboot', 'Replace'] }],
    conditions: [givenCondition('Ready', 'True', { lastTransitionTime: '2026-02-28T12:00:00Z' }), ...sick],
    ...given,
  }
}

/** `count` nodes of one pool; the first `sick` of them carry `condition`. */
export function givenPool(
  pool: string,
  count: number,
  sick: number,
  condition = givenCondition('KernelReady'),
): NodeView[] {
  return Array.from({ length: count }, (_, index) =>
    givenNode(`${pool}-${index}`, { labels: { 'karpenter.sh/nodepool': pool } }, ...(index < sick ? [condition] : [])),
  )
}

/** Replace, enforced, on KernelReady=False after 30 minutes; budget wide open. */
export function givenPolicy(given: Partial<Policy> = {}): Policy {
  return {
    name: 'kernel',
    generation: 1,
    mode: 'Enforce',
    paused: false,
    nodeSelector: {},
    match: [{ condition: 'KernelReady', status: 'False' }],
    ladder: [{ action: 'Replace', attempts: 3 }],
    provider: 'auto',
    drain: { timeoutMs: 15 * minute, onTimeout: 'Abort', pdb: 'Respect', blockedAfterMs: 15 * minute },
    budgets: [{ nodes: { value: 100, percent: true } }],
    breaker: {
      share: { value: 20, percent: true },
      rate: { value: 10, percent: true },
      windowMs: 5 * minute,
      minNodes: 5,
    },
    restraint: { dwellMs: 5 * minute, joinMs: 20 * minute },
    ...given,
  }
}

export function givenAttempt(node: NodeView, given: Partial<Attempt> = {}): Attempt {
  return {
    name: `${node.name}-1`,
    resourceVersion: '1',
    createdAt: noon,
    guarded: false,
    nodeName: node.name,
    nodeUid: node.uid,
    ...(node.bootId !== undefined && { bootId: node.bootId }),
    nodeLabels: node.labels,
    number: 1,
    phase: 'Pending',
    phases: [{ phase: 'Pending', at: noon, why: '' }],
    sightings: [],
    ...given,
  }
}

/** A Pending record that has watched KernelReady=False under policy `kernel` since `since`. */
export function givenSighting(node: NodeView, since: number, given: Partial<Attempt> = {}): Attempt {
  const condition = node.conditions.find((one) => one.type !== 'Ready')
  return givenAttempt(node, {
    sightings: [
      {
        policy: 'kernel',
        condition: condition?.type ?? 'KernelReady',
        status: condition?.status ?? 'False',
        reason: condition?.reason ?? '',
        since,
      },
    ],
    ...given,
  })
}

interface GivenCluster {
  readonly nodes: readonly NodeView[]
  readonly claims?: ClusterSnapshot['claims']
  readonly otherRepairers?: ClusterSnapshot['otherRepairers']
  readonly poolBudgets?: ClusterSnapshot['poolBudgets']
  readonly unknownBudgets?: ClusterSnapshot['unknownBudgets']
  readonly ownActions?: ClusterSnapshot['ownActions']
  readonly providers?: readonly string[]
  readonly health?: Partial<ApiHealth>
  readonly leadership?: Partial<Leadership>
  readonly pause?: Pause
}

/** A healthy API, ourselves the leader, no claims. */
export function givenSnapshot({
  nodes,
  claims,
  otherRepairers,
  poolBudgets,
  unknownBudgets,
  ownActions,
  providers,
  health,
  leadership,
  pause,
}: GivenCluster): ClusterSnapshot {
  return {
    nodes,
    claims: claims ?? [],
    otherRepairers: otherRepairers ?? [],
    poolBudgets: poolBudgets ?? [],
    unknownBudgets: unknownBudgets ?? [],
    poolLabels,
    ownActions: ownActions ?? [],
    providers: providers ?? ['embedded', 'karpenter'],
    health: { synced: true, leases: { state: 'listed', followed: nodes.length, stale: 0 }, ...health },
    leadership: {
      leading: true,
      until: Number.MAX_SAFE_INTEGER,
      fencingToken: 1,
      identity: 'controller-a',
      ...leadership,
    },
    pause: pause ?? { state: 'off' },
  }
}
