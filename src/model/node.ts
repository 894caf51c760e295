/**
 * The cluster as one decision sees it: an immutable snapshot. Times are wall-clock milliseconds of the controller's
 * clock.
 */
import type { NodeCondition } from './condition.ts'

export interface Taint {
  readonly key: string
  readonly value?: string
  readonly effect: string
}

/** A condition, and when the controller last saw it asserted. */
export interface SeenCondition extends NodeCondition {
  /**
   * When its status, transition or heartbeat was last seen to change, by the controller's clock; before the first
   * change, its newest stamp clamped to now. With a wrong node clock, a condition never looks fresher than observed,
   * and stale for one heartbeat at most.
   */
  readonly seenAt: number
}

/** The parts of a Node that decisions need. */
export interface NodeView {
  readonly name: string
  readonly uid: string
  readonly providerId?: string
  readonly bootId?: string
  /** When `bootId` was seen to change; absent when only one boot has been seen. */
  readonly rebootedAt?: number
  readonly createdAt: number
  readonly deleting: boolean
  readonly unschedulable: boolean
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly taints: readonly Taint[]
  readonly conditions: readonly SeenCondition[]
  /** Names of the providers that can replace it, best first. */
  readonly providers: readonly string[]
}

/** A Karpenter NodeClaim, reduced to the ownership of a node. */
export interface ClaimView {
  readonly name: string
  readonly providerId?: string
  readonly nodeName?: string
  readonly deleting: boolean
}

/** How far the controller's view of the cluster can be trusted. */
export interface ApiHealth {
  /** True once every watch has delivered its first full list and none is behind. */
  readonly synced: boolean
  /** End of the settle period after the last outage; absent when there was none. */
  readonly settledAt?: number
  /** Number of followed kubelet leases, and how many of them are no longer renewed. */
  readonly leases: { readonly followed: number; readonly stale: number }
  /** What is wrong, for people; absent when nothing is. */
  readonly trouble?: string
}

/** This controller's state in the leader election. */
export interface Leadership {
  readonly leading: boolean
  /** Wall clock until which nobody else can lead; 0 when not leading. */
  readonly until: number
  /** Grows with every change of leader; a record with a higher token was written by a successor. */
  readonly fencingToken: number
  readonly identity: string
}

/** Whether a person paused the whole controller. While this is unknown, no repair starts. */
export type Pause =
  | { readonly state: 'off' }
  | { readonly state: 'on'; readonly why: string }
  | { readonly state: 'unknown'; readonly why: string }

/** Everything that one decision can use. */
export interface ClusterSnapshot {
  readonly nodes: readonly NodeView[]
  readonly claims: readonly ClaimView[]
  /** Karpenter's own node repair is on, so Karpenter repairs its nodes. */
  readonly karpenterRepairs: boolean
  /** Names of the providers of this controller, in the order that `auto` tries them. */
  readonly providers: readonly string[]
  readonly health: ApiHealth
  readonly leadership: Leadership
  readonly pause: Pause
}

/** The node's condition of one type; undefined when it has none. */
export function conditionOf(node: NodeView, type: string): SeenCondition | undefined {
  return node.conditions.find((condition) => condition.type === type)
}

/** True while kubelet reports Ready=True. */
export function isReady(node: NodeView): boolean {
  return conditionOf(node, 'Ready')?.status === 'True'
}

/** True when `labels` contain every pair of `selector`; an empty selector selects everything. */
export function selects(selector: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value)
}
