/** Repair policies and attempts: what the user wants, and what was done about one sick node. Times in milliseconds. */
import type { ConditionStatus } from './condition.ts'
import type { DecisionRecord } from './decision.ts'

/** Observe only writes its own records; Approve waits for a person; Enforce acts. */
export const modes = ['Observe', 'Approve', 'Enforce'] as const
export type Mode = (typeof modes)[number]

/** From least to most disruptive. */
export const actions = ['NoAction', 'Replace'] as const
export type Action = (typeof actions)[number]

/**
 * Names of all providers, accepted by `spec.provider`, the CRD and `--providers`. The list is here because a policy
 * names a provider and the model imports nothing; `providers/providers.ts` maps the names.
 */
export const providerNames = ['karpenter', 'embedded'] as const
export type ProviderName = (typeof providerNames)[number]

/** The label that marks a provider's nodes; its value is the pool's name, and a decision counts per pool. */
export const poolLabels: Readonly<Record<ProviderName, string>> = {
  karpenter: 'karpenter.sh/nodepool',
  embedded: 'nodemend.dev/node-group',
}

export interface ReasonPattern {
  readonly source: string
  test(reason: string): boolean
}

/** One entry of `match`; without `reason` it is the fallback for its condition. */
export interface PolicyMatch {
  readonly condition: string
  readonly status: ConditionStatus
  readonly reason?: ReasonPattern
}

/** A percentage or count; `10%` rounds up, like Karpenter's budgets. */
export interface Quantity {
  readonly value: number
  readonly percent: boolean
}

export interface Budget {
  readonly nodes: Quantity
  /** Disruption reasons that it limits; repair is `Unhealthy`. Absent: all. */
  readonly reasons?: readonly string[]
}

export interface Breaker {
  /** Share of a pool that may be unhealthy before no further repair starts in it. */
  readonly share: Quantity
  /** Share of a pool that may turn unhealthy with one signature within `windowMs`. */
  readonly rate: Quantity
  readonly windowMs: number
  /** Pools with at most this many nodes have no breaker and at most one repair in flight. */
  readonly minNodes: number
}

/** What a drain does when its time is up, and with pods that it may not evict. */
export interface DrainLimits {
  readonly timeoutMs: number
  readonly onTimeout: 'Abort' | 'ProceedWithout' | 'ForceDelete'
  readonly pdb: 'Respect' | 'RespectUntilDeadline'
  /** Upper limit of a pod's own grace period; absent: the pod's own applies. */
  readonly gracePeriodSeconds?: number
  /** After being blocked for this long, the repair passes its budget slot to the next node. */
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

/** Rounds percentages up; at least 1 if there is any node, unless the quantity itself is zero. */
export function resolveQuantity(quantity: Quantity, of: number): number {
  if (!quantity.percent) return quantity.value
  return Math.ceil((quantity.value * of) / 100)
}

/** How long one policy has seen one condition; stored, so that a restart does not reset it. */
export interface FirstSighting {
  readonly policy: string
  readonly condition: string
  readonly status: ConditionStatus
  readonly reason: string
  /** The latest of: first sighting, the condition's stamp clamped to now, end of the last freeze. It only grows. */
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

/** True in a final phase. */
export function isFinished(phase: Phase): boolean {
  return finished.has(phase)
}

/** True while every step can be undone; the steps are undone when the fault clears. */
export function isBeforeCommit(phase: Phase): boolean {
  return beforeCommit.has(phase)
}

/** True while it holds a budget slot: started, not finished, not parked as Blocked. */
export function isInFlight(phase: Phase): boolean {
  return phase !== 'Pending' && phase !== 'Blocked' && !isFinished(phase)
}

export interface PhaseEntry {
  readonly phase: Phase
  readonly at: number
  readonly why: string
}

/** The provider's object whose deletion replaces the node. Its UID makes repeating the deletion safe. */
export interface Target {
  readonly kind: string
  readonly name: string
  readonly uid: string
}

/** What was decided at admission; later edits of the policy do not change it. */
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
  /**
   * `budget`: a PodDisruptionBudget. `protected`: an annotation. `stuck`: the pod does not end. `refused`: the API
   * server refuses.
   */
  readonly kind: 'budget' | 'protected' | 'stuck' | 'refused'
  readonly reason: string
  readonly budgets: readonly string[]
}

export interface DrainProgress {
  readonly startedAt: number
  readonly deadline: number
  readonly evicted: number
  readonly remaining: number
  /** Since when only blocked pods remain; absent while other pods still leave. */
  readonly blockedSince?: number
  readonly blockers: readonly Blocker[]
  /** Pods left on the node on purpose, with the reason, for the record of a partial drain. */
  readonly leftBehind: readonly string[]
}

export interface Replacement {
  readonly name: string
  readonly uid: string
}

/** One attempt to repair one node and its audit trail: the content of a NodeRepair object. */
export interface Attempt {
  /** Deterministic: see `repair/attempt/name.ts`. It is also the provider's operation id. */
  readonly name: string
  readonly resourceVersion: string
  readonly createdAt: number
  /**
   * The controller's finaliser is on the object, so a person's deletion waits for it. It is set while a repair runs.
   */
  readonly guarded: boolean
  /** When a person deleted the object; the deletion waits for the controller. */
  readonly deletedAt?: number
  readonly nodeName: string
  readonly nodeUid: string
  readonly providerId?: string
  readonly bootId?: string
  readonly nodeLabels: Readonly<Record<string, string>>
  readonly number: number
  /** Who approved it (annotation), if the policy requires approval. */
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
  /** Since when the replacement has been ready and healthy without interruption. */
  readonly healthySince?: number
  readonly proof?: string
  readonly holder?: string
  readonly fencingToken?: number
}

/** When it entered its current phase. */
export function phaseSince(attempt: Attempt): number {
  return attempt.phases.at(-1)?.at ?? attempt.createdAt
}
