/** Who can replace a node. One folder per provider, with the same file names in each. */
import type { Api } from '../kube/api.ts'
import type { NodeView } from '../model/node.ts'
import type { ProviderName, Replacement, Target } from '../model/repair.ts'
import type { Clock } from '../telemetry/clock.ts'

/**
 * What a provider is made of. The settings of one go in here as an optional field of its name, which comes from a flag of
 * `nodemend controller`. Programs that only look (`status`, `why`) make providers without settings.
 */
export interface ProviderParts {
  readonly api: Api
  readonly clock: Clock
}

/** One replacement, identified for ever: asking twice for the same operation must not replace twice. */
export interface Operation {
  /** The attempt's name. */
  readonly id: string
  readonly nodeName: string
  readonly nodeUid: string
  readonly nodeLabels: Readonly<Record<string, string>>
  /** What is deleted; its UID makes the deletion safe to repeat. */
  readonly target: Target
  /** When it was committed, wall clock. */
  readonly committedAt: number
  /** Since when pods leave the old node, wall clock: an autoscaler starts its successor as soon as one of them waits. */
  readonly displacingSince: number
  /** UIDs of nodes that other operations already count as their replacement. */
  readonly taken: ReadonlySet<string>
}

export type TargetAnswer =
  | { readonly kind: 'found'; readonly target: Target }
  /** Nothing that could be deleted safely; `why` for people. */
  | { readonly kind: 'refused'; readonly why: string; readonly change: string }

/** What became of an operation, as the API tells now: never from memory, so that it survives us. */
export type OperationView =
  /** Certainly not begun: the target is there and nobody deletes it. */
  | { readonly state: 'not-started' }
  /** The old node is on its way out. */
  | { readonly state: 'running'; readonly why: string }
  /** The old node is gone. */
  | { readonly state: 'gone'; readonly successor: Successor }
  /** It cannot be told: no answer. */
  | { readonly state: 'unknown'; readonly why: string }

export type Successor =
  | { readonly kind: 'awaited'; readonly why: string }
  | { readonly kind: 'found'; readonly node: Replacement }
  /** The pool needs no new node: nothing waits for one. */
  | { readonly kind: 'not-needed'; readonly why: string }

/**
 * What it rejects with is any Error: its message is for people, goes into the record of the repair and says what to do.
 */
export interface Provider {
  /** As in `spec.provider` of a policy. */
  readonly name: ProviderName
  /** True when it can replace `node`, judged by the node alone: without its settings, and without a call. */
  owns(node: Pick<NodeView, 'labels'>): boolean
  /** What would have to be deleted to replace `node`. A rejection refuses the repair until the next pass asks again. */
  target(node: NodeView): Promise<TargetAnswer>
  /** Rejects never: no answer is `unknown`. */
  look(operation: Operation): Promise<OperationView>
  /**
   * Deletes the target, if it is still the same object, within `timeoutMs`. After a rejection `look` is asked whether it
   * began all the same; while it certainly has not, the call is repeated until its time is up.
   */
  replace(operation: Operation, timeoutMs: number): Promise<void>
}
