/** Situations for tests: a cluster whose controller has just decided, as `status` and `why` see it. Worker-1 is the one asked about. */
import { writeAcknowledgements } from '../../model/acknowledgement.ts'
import type { DecisionRecord } from '../../model/decision.ts'
import type { ApiHealth, ClusterSnapshot, NodeView, SeenCondition } from '../../model/node.ts'
import type { Attempt, Plan } from '../../model/repair.ts'
import { newAttempt, refusedLate, withDecision } from '../../repair/attempt/admit.ts'
import { withPhase } from '../../repair/attempt/transition.ts'
import { decide } from '../../repair/decide/decide.ts'
import { parsePolicies, type RepairPolicyObject } from '../../repair/policy/parse.ts'
import {
  givenAttempt,
  givenCondition,
  givenNode,
  givenPolicy,
  givenSnapshot,
  minute,
  noon,
} from '../../repair/testing/given.ts'
import type { ClusterView, NodeNotes } from '../ask/cluster-view.ts'

const iso = (ms: number): string => new Date(ms).toISOString()
const seen = { lastHeartbeatTime: iso(noon - 2_000), seenAt: noon - 2_000 }
export const xid = 'GPU 0000:3b:00 has fallen off the bus (Xid 79); reset the GPU; and 3 more'
export const fault = (
  type = 'KernelReady',
  reason = 'SoftLockup',
  message = 'CPU 3 stuck for 26s in kworker',
): SeenCondition =>
  givenCondition(type, 'False', { ...seen, reason, message, lastTransitionTime: iso(noon - 10 * minute) })
export const well = (type = 'KernelReady', message = 'Monitoring for the Kernel system is active'): SeenCondition =>
  givenCondition(type, 'True', { ...seen, reason: `${type.replace('Ready', '')}IsReady`, message })
export const other = givenNode('worker-2', {}, well())
export const sick = (given: Partial<NodeView> = {}, ...more: readonly SeenCondition[]): NodeView =>
  givenNode('worker-1', given, fault(), ...more)

const object = (spec: object = {}, name = 'kernel'): RepairPolicyObject =>
  ({
    metadata: { name, uid: name, generation: 1 },
    spec: { mode: 'Enforce', match: [{ condition: 'KernelReady' }], toleration: '5m', action: 'Replace', ...spec },
    status: {
      conditions: [{ type: 'InForce', status: 'True', reason: 'InForce', message: '', observedGeneration: 1 }],
    },
  }) as unknown as RepairPolicyObject // as much of the object as is read

interface Given extends Partial<Pick<ClusterSnapshot, 'claims' | 'otherRepairers' | 'pause' | 'providers'>> {
  readonly nodes: readonly NodeView[]
  readonly spec?: object
  readonly records?: readonly Attempt[]
  readonly health?: Partial<ApiHealth>
  readonly notes?: NodeNotes
  readonly leader?: string | null
  /** Without: what a controller would say. */
  readonly recorded?: boolean
  readonly edit?: (records: readonly Attempt[]) => readonly Attempt[]
}

/** A cluster whose controller has just decided. */
export function view(given: Given): ClusterView {
  const { nodes, spec, records = [], notes, leader = 'controller-a', recorded = true, pause = { state: 'off' } } = given
  const objects = [object(spec)]
  const policies = parsePolicies(objects)
  const sightings = nodes
    .filter(isFaulty)
    .map((node) => givenAttempt(node, { name: `${node.name}-1a2b3c4d-1`, sightings: firstSeen(node) }))
  const open = records.length > 0 ? records : recorded ? sightings : []
  const decisions = recorded ? decide(givenSnapshot(given), policies.policies, open, noon) : []
  const updated = open.map((one) => {
    const decision = decisions.find((found) => found.record === one.name)
    return decision ? withDecision(one, decision) : one
  })
  const fresh = decisions
    .filter((one) => one.record === undefined)
    .flatMap((decision) => {
      const node = nodes.find((one) => one.uid === decision.nodeUid)
      return node ? [{ ...newAttempt(decision, node, open.length + 1), createdAt: noon }] : []
    })
  const repairs = [...updated, ...fresh]
  return {
    nodes,
    notes: new Map(nodes.map((node) => [node.uid, node.name === 'worker-1' && notes ? notes : messagesOf(node)])),
    repairs: given.edit?.(repairs) ?? repairs,
    policyObjects: objects,
    policies,
    installed: true,
    ...(leader !== null && { leader }),
    pause,
    poolBudgets: [],
    unknownBudgets: [],
    providers: ['karpenter'],
  }
}

const isFaulty = (node: NodeView): boolean => node.conditions.some((one) => one.status === 'False')
const messagesOf = (node: NodeView): NodeNotes => ({
  messages: Object.fromEntries(node.conditions.map((one) => [one.type, one.message])),
})

export function firstSeen(node: NodeView): Attempt['sightings'] {
  const condition = node.conditions.find((one) => one.status === 'False')
  if (!condition) return []
  const { type, reason } = condition
  return [{ policy: 'kernel', condition: type, status: 'False', reason, since: noon - 10 * minute }]
}

export const plan: Plan = {
  policy: 'kernel',
  generation: 1,
  action: 'Replace',
  provider: 'karpenter',
  target: { kind: 'NodeClaim', name: 'default-x7k2p', uid: 'u' },
  condition: 'KernelReady',
  status: 'False',
  reason: 'SoftLockup',
  drain: givenPolicy().drain,
  dwellMs: 5 * minute,
}

/** A repair in the last of `phases`, each with its reason. */
export function underway(
  phases: readonly (readonly [Attempt['phase'], string])[],
  more: Partial<Attempt> = {},
  node = sick(),
): Attempt {
  const pending = givenAttempt(node, { name: 'worker-1-1a2b3c4d-1', phases: [], plan, sightings: firstSeen(node) })
  const began = noon - phases.length * minute
  const run = phases.reduce((one, [phase, why], index) => withPhase(one, phase, began + index * minute, why), pending)
  return { ...run, ...more }
}

const admitted = [
  ['Pending', 'a rule matches the node'],
  ['Preparing', 'every gate allows it; karpenter will delete NodeClaim default-x7k2p'],
] as const
export const drained = [...admitted, ['Draining', 'cordoned'] as const]
export const drain = {
  startedAt: noon,
  deadline: noon + 15 * minute,
  evicted: 11,
  remaining: 1,
  blockers: [],
  leftBehind: [],
}
export const blocker = {
  pod: 'shop/db-0',
  kind: 'budget',
  reason: 'The disruption budget db does not allow evicting pods currently',
  budgets: ['db'],
} as const
export const failed = withPhase(
  givenAttempt(sick(), { name: 'worker-1-1a2b3c4d-1', plan }),
  'Failed',
  noon - 4 * minute,
  'no new node in time',
)
export const again = givenAttempt(sick(), {
  name: 'worker-1-1a2b3c4d-2',
  number: 2,
  createdAt: noon,
  sightings: firstSeen(sick()),
})
export const acknowledged = (until: number): string =>
  writeAcknowledgements([
    { reason: 'NvidiaXID79Error', device: '0000:3b:00', until, why: 'RMA 4711, part comes on Monday', by: 'kim' },
  ])
export const notesWith = (annotation: string, ...conditions: readonly SeenCondition[]): NodeNotes => ({
  ...messagesOf(givenNode('worker-1', {}, ...conditions)),
  acknowledged: annotation,
})

/** What a controller puts on record when the provider is not allowed to look at its target. */
export function withoutRight(record: Attempt): Attempt {
  const { decision } = record
  if (!decision) return record
  const why =
    'karpenter cannot tell what to delete: get nodeclaims.karpenter.sh: 403: forbidden for user system:serviceaccount:nodemend:controller'
  const asked = { ...decision, node: record.nodeName, nodeUid: record.nodeUid, sightings: record.sightings }
  return withDecision(record, refusedLate(asked, 'target', why, 'karpenter answers'))
}

/** The decision that a record carried before its fault went. */
export function ruled(): DecisionRecord {
  const decided = decide(
    givenSnapshot({ nodes: [sick(), other] }),
    parsePolicies([object()]).policies,
    [],
    noon - minute,
  )[0]
  if (!decided) throw new TypeError('a sick node without a decision')
  return decided
}

/** Whose last report is too old to count. */
export const silent: SeenCondition = {
  ...fault(),
  lastHeartbeatTime: iso(noon - 20 * minute),
  seenAt: noon - 20 * minute,
}
