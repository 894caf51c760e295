/** The cluster as one decision sees it: an immutable snapshot, times in wall-clock milliseconds of *our* clock. */
import type { Intervention } from './action.ts'
import type { ConditionStatus, NodeCondition } from './condition.ts'

export interface Taint {
  readonly key: string
  readonly value?: string
  readonly effect: string
}

/** A condition, and when we last saw somebody assert it. */
export interface SeenCondition extends NodeCondition {
  /**
   * When its status, transition or heartbeat was last seen to change, by our clock; before the first such change, its
   * newest stamp clamped to now. A node's clock that is wrong therefore never makes a condition look fresher than we
   * saw it, and makes it look stale for one heartbeat at most.
   */
  readonly seenAt: number
  /** Which statuses we saw since we watch the node, whether the condition was there all the time or not. */
  readonly watched?: WatchedStatuses
}

/** When each status of a condition was last seen, and since when it is watched; our clock. */
export type WatchedStatuses = { readonly since: number } & { readonly [Status in ConditionStatus]?: number }

/** A pool of nodes that a provider looks after, as a node in it sees it. */
export interface PoolMembership {
  /** The provider's name. */
  readonly provider: string
  readonly pool: string
  /** What the provider can do to the node. */
  readonly can: readonly Intervention[]
}

/** What decisions need of a Node. */
export interface NodeView {
  readonly name: string
  readonly uid: string
  readonly providerId?: string
  readonly bootId?: string
  /** When we saw `bootId` change; absent while we have only ever seen one boot of it. */
  readonly rebootedAt?: number
  readonly createdAt: number
  readonly deleting: boolean
  readonly unschedulable: boolean
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly taints: readonly Taint[]
  readonly conditions: readonly SeenCondition[]
  /** Its pools, of the providers that this controller runs, best first. */
  readonly pools: readonly PoolMembership[]
}

/** A machine request of Karpenter, as far as ownership of a node goes. */
export interface ClaimView {
  readonly name: string
  readonly providerId?: string
  readonly nodeName?: string
  readonly deleting: boolean
}

/** What the kubelet leases say: a list that is not fresh says nothing. */
export type LeaseCounts =
  /** Leases of Nodes that exist, and how many of them had stopped when they were listed. */
  | { readonly state: 'listed'; readonly followed: number; readonly stale: number }
  | { readonly state: 'unknown'; readonly why: string }

/** Somebody else who repairs nodes. */
export interface OtherRepairer {
  readonly label: string
  /** Who it is and how that shows, for people. */
  readonly why: string
}

/** How far the watches and the kubelet leases can be trusted. */
export interface ApiHealth {
  /** False until every watch has delivered its first whole list, and whenever one of them is behind. */
  readonly synced: boolean
  /** End of the settle period after the last outage we went through; absent when there was none. */
  readonly settledAt?: number
  /** Listed while a repair is open, and before a decision; otherwise not known. */
  readonly leases: LeaseCounts
  /** What is wrong, for people; absent when nothing is. */
  readonly trouble?: string
}

/** Our place in the leader election. */
export interface Leadership {
  readonly leading: boolean
  /** Wall clock until which nobody else can lead; 0 when not leading. */
  readonly until: number
  /** Grows with every change of leader: a record that carries a higher one was written by our successor. */
  readonly fencingToken: number
  readonly identity: string
}

/** Whether a person asked the whole controller for quiet. While it is `unknown`, nothing is begun. */
export type Pause =
  | { readonly state: 'off' }
  | { readonly state: 'on'; readonly why: string }
  | { readonly state: 'unknown'; readonly why: string }

/** Everything one decision may look at. */
export interface ClusterSnapshot {
  readonly nodes: readonly NodeView[]
  readonly claims: readonly ClaimView[]
  /** Others whose own node repair is switched on: they own the repair of the nodes that carry the label. */
  readonly otherRepairers: readonly OtherRepairer[]
  /** Labels by which providers know their pools, whether this controller runs them or not: the value is the pool. */
  readonly poolLabels: readonly string[]
  /** What this controller carries out without a provider. */
  readonly ownActions: readonly Intervention[]
  /** Names of the providers that this controller runs, in the order in which `auto` asks them. */
  readonly providers: readonly string[]
  readonly health: ApiHealth
  readonly leadership: Leadership
  readonly pause: Pause
}

/** The condition of one type, if the node carries it. */
export function conditionOf(node: NodeView, type: string): SeenCondition | undefined {
  return node.conditions.find((condition) => condition.type === type)
}

/** True while kubelet reports Ready=True. */
export function isReady(node: NodeView): boolean {
  return conditionOf(node, 'Ready')?.status === 'True'
}

/** True when every pair of `selector` is among the labels; an empty selector selects everything. */
export function selects(selector: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value)
}
