/** Repair policies and attempts: what the user wants, and what was done about one sick node. Times in milliseconds. */
import type { ConditionStatus } from './condition.ts'
import type { DecisionRecord } from './decision.ts'

/** Observe writes nothing but its own records; Approve waits for a person; Enforce acts. */
export const modes = ['Observe', 'Approve', 'Enforce'] as const
export type Mode = (typeof modes)[number]

/** From least to most disruptive. */
export const actions = ['NoAction', 'Replace'] as const
export type Action = (typeof actions)[number]

/**
 * Every provider by name: what `spec.provider`, the CRD and `--providers` accept. The list is here, and not among the
 * providers, because a policy names one and the model imports nothing; `providers/providers.ts` says what each name is.
 */
export const providerNames = ['karpenter', 'embedded'] as const
export type ProviderName = (typeof providerNames)[number]

/** The label by which a provider knows its nodes: its value names their pool, which the decision counts as one. */
export const poolLabels: Readonly<Record<ProviderName, string>> = {
  karpenter: 'karpenter.sh/nodepool',
  embedded: 'nodemend.dev/node-group',
}

export interface ReasonPattern {
  readonly source: string
  test(reason: string): boolean
}

/** One line of `match`: without `reason` it is the fallback for its condition. */
export interface PolicyMatch {
  readonly condition: string
  readonly status: ConditionStatus
  readonly reason?: ReasonPattern
}

/** `10%` rounds up, like Karpenter's budgets. */
export interface Quantity {
  readonly value: number
  readonly percent: boolean
}

export interface Budget {
  readonly nodes: Quantity
  /** Disruption reasons it limits; repair is `Unhealthy`. Absent: all. */
  readonly reasons?: readonly string[]
}

export interface Breaker {
  /** Share of a pool that may be unhealthy before nothing more is started in it. */
  readonly share: Quantity
  /** Share of a pool that may turn unhealthy with one signature within `windowMs`. */
  readonly rate: Quantity
  readonly windowMs: number
  /** Pools of at most this many nodes have no breaker, and at most one repair in flight. */
  readonly minNodes: number
}

/** What a drain does when its time is up, and about pods it may not evict. */
export interface DrainLimits {
  readonly timeoutMs: number
  readonly onTimeout: 'Abort' | 'ProceedWithout' | 'ForceDelete'
  readonly pdb: 'Respect' | 'RespectUntilDeadline'
  /** Upper limit for a pod's own grace period; absent: the pod's own counts. */
  readonly gracePeriodSeconds?: number
  /** Blocked for this long, the repair gives its budget slot to the next node. */
  readonly blockedAfterMs: number
}

export interface Policy {
  readonly name: string
  readonly generation: number
  readonly mode: Mode
  readonly paused: boolean
  readonly nodeSelector: Readonly<Record<string, string>>
  readonly match: readonly PolicyMatch[]
  /** Absent: {@link defaultTolerationMs} of the condition. */
  readonly tolerationMs?: number
  readonly action: Action
  readonly strategy: 'DeleteFirst'
  readonly provider: 'auto' | ProviderName
  readonly drain: DrainLimits
  readonly budgets: readonly Budget[]
  readonly breaker: Breaker
  readonly restraint: { readonly dwellMs: number }
}

/** The tolerations of EKS node auto repair and of Karpenter's AWS provider. */
export function defaultTolerationMs(condition: string): number {
  return condition === 'AcceleratedHardwareReady' ? 10 * 60_000 : 30 * 60_000
}

/** Rounds percentages up; at least 1 where there is a node at all, unless the quantity itself is zero. */
export function resolveQuantity(quantity: Quantity, of: number): number {
  if (!quantity.percent) return quantity.value
  return Math.ceil((quantity.value * of) / 100)
}

/** How long one policy has been able to see one condition, persisted so that a restart starts no clock anew. */
export interface FirstSighting {
  readonly policy: string
  readonly condition: string
  readonly status: ConditionStatus
  readonly reason: string
  /** max(our first sighting, the condition's own stamp clamped to now, end of the last freeze). Only ever grows. */
  readonly since: number
}

export const phases = [
  'Pending',
  'Preparing',
  'Draining',
  'Blocked',
  'Committing',
  'Acting',
  'Observing',
  'Dwelling',
  'Unknown',
  'Succeeded',
  'Failed',
  'Cancelled',
] as const
export type Phase = (typeof phases)[number]

const finished: ReadonlySet<Phase> = new Set(['Succeeded', 'Failed', 'Cancelled'])
const beforeCommit: ReadonlySet<Phase> = new Set(['Pending', 'Preparing', 'Draining', 'Blocked'])

/** No step follows. */
export function isFinished(phase: Phase): boolean {
  return finished.has(phase)
}

/** Everything so far can be undone, and is, when the fault clears. */
export function isBeforeCommit(phase: Phase): boolean {
  return beforeCommit.has(phase)
}

/** Holds a budget slot: started, not finished, not parked as Blocked. */
export function isInFlight(phase: Phase): boolean {
  return phase !== 'Pending' && phase !== 'Blocked' && !isFinished(phase)
}

export interface PhaseEntry {
  readonly phase: Phase
  readonly at: number
  readonly why: string
}

/** The provider's object whose deletion replaces the node; its UID makes the deletion safe to repeat. */
export interface Target {
  readonly kind: string
  readonly name: string
  readonly uid: string
}

/** What was decided when the repair was admitted; later edits of the policy do not reach it. */
export interface Plan {
  readonly policy: string
  readonly generation: number
  readonly action: Action
  readonly provider: string
  readonly target: Target
  readonly condition: string
  readonly status: ConditionStatus
  readonly reason: string
  readonly drain: DrainLimits
  readonly dwellMs: number
}

export interface Blocker {
  readonly pod: string
  /** `budget`: a PodDisruptionBudget; `protected`: an annotation; `stuck`: does not end; `refused`: the API server says no. */
  readonly kind: 'budget' | 'protected' | 'stuck' | 'refused'
  readonly reason: string
  readonly budgets: readonly string[]
}

export interface DrainProgress {
  readonly startedAt: number
  readonly deadline: number
  readonly evicted: number
  readonly remaining: number
  /** Since when nothing but blockers stood in the way; absent while pods still leave. */
  readonly blockedSince?: number
  readonly blockers: readonly Blocker[]
  /** Pods left behind on purpose, with why: a partial drain says so. */
  readonly leftBehind: readonly string[]
}

export interface Replacement {
  readonly name: string
  readonly uid: string
}

/** One attempt to mend one node, and its audit trail: the content of a NodeRepair object. */
export interface Attempt {
  /** Deterministic: see `repair/attempt/name.ts`. Also the provider's operation id. */
  readonly name: string
  readonly resourceVersion: string
  readonly createdAt: number
  /** Our finaliser is on the object: a person's deletion of it waits for us. So it is while a repair is under way. */
  readonly guarded: boolean
  /** When a person deleted the object, which waits for us. */
  readonly deletedAt?: number
  readonly nodeName: string
  readonly nodeUid: string
  readonly providerId?: string
  readonly bootId?: string
  readonly nodeLabels: Readonly<Record<string, string>>
  readonly number: number
  /** Who approved it (annotation), where the policy asks for approval. */
  readonly approvedBy?: string
  readonly phase: Phase
  readonly phases: readonly PhaseEntry[]
  readonly deadline?: number
  readonly sightings: readonly FirstSighting[]
  readonly decision?: DecisionRecord
  readonly plan?: Plan
  readonly taintedAt?: number
  readonly drain?: DrainProgress
  readonly replacement?: Replacement
  /** Since when the replacement has been ready and healthy without a break. */
  readonly healthySince?: number
  readonly proof?: string
  readonly holder?: string
  readonly fencingToken?: number
}

/** When it entered its present phase. */
export function phaseSince(attempt: Attempt): number {
  return attempt.phases.at(-1)?.at ?? attempt.createdAt
}
