/** Repair policies: what the user wants to be done about sick nodes. Times in milliseconds. */
import type { Rung } from './action.ts'
import type { ConditionStatus } from './condition.ts'
import type { Window } from './schedule/window.ts'

/** Observe writes nothing but its own records; Approve waits for a person; Enforce acts. */
export const modes = ['Observe', 'Approve', 'Enforce'] as const
export type Mode = (typeof modes)[number]

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

/** Which nodes a budget counts: those that its policy selects, or all that share a place with the node in question. */
export const budgetScopes = ['Selected', 'Pool', 'Zone', 'Label', 'Image', 'InstanceType', 'Cluster'] as const
export type BudgetScope = (typeof budgetScopes)[number]

export interface Budget {
  readonly nodes: Quantity
  /** Disruption reasons it limits; repair is `Unhealthy`. Absent: all. */
  readonly reasons?: readonly string[]
  /** Absent: `Selected`. */
  readonly scope?: BudgetScope
  /** With scope `Label`: the label whose value is the place. */
  readonly label?: string
  /** When it limits; absent: always. */
  readonly window?: Window
}

/** True when the budget limits repairs at all. */
export function limitsRepairs({ reasons }: Pick<Budget, 'reasons'>): boolean {
  return reasons?.includes('Unhealthy') ?? true
}

/** `10%` or `3`. */
export function quantityText({ value, percent }: Quantity): string {
  return percent ? `${value}%` : String(value)
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

export const defaultVolumesMs = 5 * 60_000
export const defaultSaveStateMs = 10 * 60_000

/** What a drain does when its time is up, and about pods it may not evict. */
export interface DrainLimits {
  readonly timeoutMs: number
  readonly onTimeout: 'Abort' | 'ProceedWithout' | 'ForceDelete'
  readonly pdb: 'Respect' | 'RespectUntilDeadline'
  /** Upper limit for a pod's own grace period; absent: the pod's own counts. */
  readonly gracePeriodSeconds?: number
  /** Blocked for this long, the repair gives its budget slot to the next node. */
  readonly blockedAfterMs: number
  /** How long pods that run to an end of their own may go on; absent: they are evicted like any other. */
  readonly waitForJobsMs?: number
  /** How long volumes may take to detach once their pods have left; absent: {@link defaultVolumesMs}. */
  readonly volumesMs?: number
  /** Most time that a pod gets to save its state; absent: {@link defaultSaveStateMs}. */
  readonly saveStateMs?: number
  /** The node leaves the load balancers this long before the first eviction; absent: it stays in them. */
  readonly leaveLoadBalancersMs?: number
  /** Pods of one StatefulSet that have volumes leave one after the other. */
  readonly oneByOne?: boolean
}

/** Where what a node says is kept before its machine is rebooted or replaced. */
export interface EvidencePolicy {
  /** `Node`: a folder of the node, which goes with the machine. `Claim`: a PersistentVolumeClaim beside the controller. */
  readonly keep: 'Node' | 'Claim'
  readonly claim?: string
  /** After this the repair goes on without it. */
  readonly timeoutMs: number
}

export interface Policy {
  readonly name: string
  readonly generation: number
  readonly mode: Mode
  readonly paused: boolean
  readonly nodeSelector: Readonly<Record<string, string>>
  readonly match: readonly PolicyMatch[]
  /** Of several policies that match one condition, only those with the highest count; absent: 0. */
  readonly precedence?: number
  /** Absent: {@link defaultTolerationMs} of the condition. */
  readonly tolerationMs?: number
  /** What is done, rung by rung, from the least disruptive to the most; never empty. */
  readonly ladder: readonly Rung[]
  /** `auto`, or the name of a provider. */
  readonly provider: string
  readonly drain: DrainLimits
  /** Absent: nothing is collected. */
  readonly evidence?: EvidencePolicy
  readonly budgets: readonly Budget[]
  /** Repairs begin while one of them is open; absent: at any time. */
  readonly windows?: readonly Window[]
  readonly breaker: Breaker
  readonly restraint: {
    readonly dwellMs: number
    /** How long a machine may take to join, or to come back from a boot. */
    readonly joinMs: number
  }
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
