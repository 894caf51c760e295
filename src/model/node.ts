/** The cluster as one decision sees it: an immutable snapshot. Times are wall-clock milliseconds of the controller's clock. */
import type { Intervention, Suggestions } from './action.ts'
import type { ConditionStatus, NodeCondition } from './condition.ts'
import type { Budget } from './policy.ts'

export interface Taint {
  readonly key: string
  readonly value?: string
  readonly effect: string
  /** RFC 3339, where whoever set it says when. */
  readonly timeAdded?: string
}

/** A condition, and when the controller last saw it asserted. */
export interface SeenCondition extends NodeCondition {
  /**
   * When its status, transition or heartbeat was last seen to change, by the controller's clock; before the first
   * change, its newest stamp clamped to now. With a wrong node clock, a condition never looks fresher than observed,
   * and stale for one heartbeat at most.
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

/** The parts of a Node that decisions need. */
export interface NodeView {
  readonly name: string
  readonly uid: string
  readonly providerId?: string
  /** Name of its operating system image, as kubelet reports it. */
  readonly image?: string
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
  /** Its pools, of the providers that this controller runs, best first. */
  readonly pools: readonly PoolMembership[]
}

/** A Karpenter NodeClaim, reduced to the ownership of a node. */
export interface ClaimView {
  readonly name: string
  readonly providerId?: string
  readonly nodeName?: string
  readonly deleting: boolean
}

/** Disruption budgets that another program keeps for a pool of nodes: they bind repairs there, too. */
export interface PoolBudgets {
  /** `NodePool general`. */
  readonly object: string
  /** The field that holds them. */
  readonly field: string
  /** Its nodes carry this label with this value. */
  readonly label: string
  readonly pool: string
  /** Only nodes with this label count, with the value `true`: those that have joined. */
  readonly joinedLabel: string
  readonly budgets: readonly Budget[]
  /** What is wrong with one of them: then they allow nothing, as in Karpenter. */
  readonly trouble?: string
}

/** Budgets that cannot be read, of the nodes that carry the label. */
export interface UnknownBudgets {
  readonly label: string
  readonly why: string
  readonly change: string
}

/** What the kubelet leases say: a list that is not fresh says nothing. */
export type LeaseCounts =
  /** Leases of Nodes that exist and are not long dead, and how many of them had stopped when they were listed. */
  | { readonly state: 'listed'; readonly followed: number; readonly stale: number }
  | { readonly state: 'unknown'; readonly why: string }

/** Somebody else who repairs nodes. */
export interface OtherRepairer {
  readonly label: string
  /** Who it is and how that shows, for people. */
  readonly why: string
  /** Present where that cannot be told: what would tell. Nothing begins then, and what is under way goes on. */
  readonly unsure?: string
}

/** How far the watches and the kubelet leases can be trusted. */
export interface ApiHealth {
  /** True once every watch has delivered its first full list and none is behind. */
  readonly synced: boolean
  /** End of the settle period after the last outage; absent when there was none. */
  readonly settledAt?: number
  /** Listed while a repair is open, and before a decision; otherwise not known. */
  readonly leases: LeaseCounts
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

/** Whether a person asked the whole controller for quiet. While it is `unknown`, nothing is begun. */
export type Pause =
  | { readonly state: 'off' }
  | { readonly state: 'on'; readonly why: string }
  | { readonly state: 'unknown'; readonly why: string }

/** Everything that one decision can use. */
export interface ClusterSnapshot {
  readonly nodes: readonly NodeView[]
  readonly claims: readonly ClaimView[]
  /** Others whose own node repair is switched on: they own the repair of the nodes that carry the label. */
  readonly otherRepairers: readonly OtherRepairer[]
  readonly poolBudgets: readonly PoolBudgets[]
  readonly unknownBudgets: readonly UnknownBudgets[]
  /** Labels by which providers know their pools, whether this controller runs them or not: the value is the pool. */
  readonly poolLabels: readonly string[]
  /** What this controller carries out without a provider. */
  readonly ownActions: readonly Intervention[]
  /** What the catalogue suggests, by reason; absent: nothing is known of any reason. */
  readonly suggestions?: Suggestions
  /** Names of the providers that this controller runs, in the order in which `auto` asks them. */
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
