/** Who acts on a node. One folder per provider, with the same file names in each. */
import type { Api } from '../kube/api.ts'
import type { Right } from '../kube/rights/right.ts'
import type { Intervention } from '../model/action.ts'
import type { NodeView } from '../model/node.ts'
import type { NodeRef, RepairTarget } from '../model/repair.ts'
import type { Clock } from '../telemetry/clock.ts'
import type { AwsSettings } from './eks/settings.ts'
import type { WebhookSettings } from './webhook/protocol.ts'

/**
 * What a provider is made of. The settings of one go in here as an optional field of its name, which comes from a flag of
 * `nodemend controller`. Programs that only look (`status`, `why`) make providers without settings.
 */
export interface ProviderParts {
  readonly api: Api
  readonly clock: Clock
  /** `anyNode`: it deletes Node objects also of machines that are not modelled. */
  readonly embedded?: { readonly anyNode: boolean }
  readonly webhook?: WebhookSettings
  readonly eks?: AwsSettings
  readonly autoScaling?: AwsSettings
}

/** One operation, identified for ever: asking twice for the same one must not act twice. */
export interface Operation {
  /** The attempt's name. */
  readonly id: string
  /** What is to be done: the plan's action, and nothing else. */
  readonly action: Intervention
  readonly nodeName: string
  readonly nodeUid: string
  readonly nodeLabels: Readonly<Record<string, string>>
  /** What the call is about; its UID makes a deletion safe to repeat. */
  readonly target: RepairTarget
  /** When it was committed, wall clock. */
  readonly committedAt: number
  /** Since when pods leave the old node, wall clock: an autoscaler starts its successor as soon as one of them waits. */
  readonly displacingSince: number
  /** UIDs of nodes that other operations already count as their successor. */
  readonly taken: ReadonlySet<string>
  /** Of a call without a trace: the boot id of the node when the call was put on record; absent before that. */
  readonly bootId?: string
}

export type TargetAnswer =
  | { readonly kind: 'found'; readonly target: RepairTarget }
  /** Nothing that could be acted on safely; `why` for people. */
  | { readonly kind: 'refused'; readonly why: string; readonly change: string }

/** What became of an operation, as the API tells now: never from memory, so that it survives us. */
export type OperationView =
  /** Certainly not begun: of a deletion, the target is there and nobody deletes it. */
  | { readonly state: 'not-started' }
  /** Certainly begun, and not over. */
  | { readonly state: 'running'; readonly why: string }
  /** The same machine, booted anew. */
  | { readonly state: 'back'; readonly node: NodeRef }
  /** The old node is gone. */
  | { readonly state: 'gone'; readonly successor: SuccessorSearch }
  /** What was asked of the node has ended there. `refused`: nothing was touched. */
  | { readonly state: 'ended'; readonly outcome: 'done' | 'failed' | 'refused'; readonly why: string }
  /** It cannot be told: no answer, or no trace of the call. */
  | { readonly state: 'unknown'; readonly why: string }

export type SuccessorSearch =
  | { readonly kind: 'awaited'; readonly why: string }
  | { readonly kind: 'found'; readonly node: NodeRef }
  /** The pool needs no new node: nothing waits for one. */
  | { readonly kind: 'not-needed'; readonly why: string }

/** Whether a machine has power, as its provider says: `off` only where it certainly runs nothing. */
export interface Power {
  readonly state: 'off' | 'runs' | 'unknown'
  /** For people: `EC2 has i-0123 in stopped`. */
  readonly why: string
}

/**
 * Who carries an action out. What it rejects with is any Error: its message is for people, goes into the record of the
 * repair and says what to do.
 */
export interface Actor {
  /** What the action would act on, for `reason`. A rejection refuses the repair until the next pass asks again. */
  target(node: NodeView, action: Intervention, reason?: string): Promise<TargetAnswer>
  /** Never rejects: no answer is `unknown`. */
  look(operation: Operation): Promise<OperationView>
  /**
   * Carries `operation.action` out on the target, if it is still the same object, within `timeoutMs`; rejects for every
   * other action. After a rejection `look` is asked whether it began all the same. A call that leaves a trace is repeated
   * while it certainly has not begun and its time is not up; one without a trace is sent once.
   */
  begin(operation: Operation, timeoutMs: number): Promise<void>
  /**
   * Takes back what the call has left behind, once the machine is back or gone, or the repair has ended: a request that nobody
   * must answer later, a lock. It is called at least once, and again is as good. Absent where nothing is left behind.
   */
  settle?(operation: Operation, timeoutMs: number): Promise<void>
  /** Whether the machine of `node` has power; absent where it cannot tell. A rejection says nothing. */
  power?(node: Pick<NodeView, 'name' | 'uid' | 'providerId'>): Promise<Power>
}

/** An actor for the nodes of its pools. */
export interface Provider extends Actor {
  /** As in `spec.provider` of a policy. */
  readonly name: string
  readonly can: readonly Intervention[]
  /** The pool of `node`, judged by the node alone: without settings, and without a call. Undefined: not its node. */
  poolOf(node: Pick<NodeView, 'labels'>): string | undefined
}

/** What is known of a provider before it is made: flags, CRD, docs and rights derive from it. */
export interface ProviderKind {
  readonly can: readonly Intervention[]
  /** The label by which it knows its nodes; the breaker counts the nodes with one value of it as a pool. */
  readonly poolLabel: string
  /** The kind of object that it deletes to replace a node; absent where it deletes none. */
  readonly deletes?: string
  /** It empties a node itself before it ends the machine, and waits for each pod that does not tolerate this NoSchedule taint. */
  readonly drainTaint?: string
  /** One sentence for people: what it is for, and who must not use it. */
  readonly says: string
  /** What it calls; a call without a right here fails the tests. */
  readonly rights: readonly Right[]
  make(parts: ProviderParts): Actor
}
