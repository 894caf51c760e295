/** What an action is made of. One folder per action beside this file; `actions.ts` is the closed table of them. */

import type { Suggestions } from '../../model/action.ts'
import type { ClusterSnapshot, NodeView } from '../../model/node.ts'
import type { Attempt, Plan, RepairTarget } from '../../model/repair.ts'
import type { Actor, OperationView, ProviderParts } from '../../providers/provider.ts'
import type { Step, StepView } from '../attempt/transition.ts'
import type { Health } from '../verify/health.ts'
import type { PodObject } from './drain/pod.ts'
import type { OnNodePods } from './on-node/pods.ts'

/** What people read about the action, by the stage of the repair. */
export interface ActionWords {
  /** Follows "karpenter will": `replace`. */
  readonly verb: string
  /** Labels the target in `why`: `Deletes`. */
  readonly label: string
  /** Reason of the Events in the phases `Acting` and `Observing`. */
  readonly events: { readonly Acting: string; readonly Observing: string }
  /** What the repair does in each phase, after its name, and what it waits for. */
  readonly now: Readonly<
    Record<'Committing' | 'Acting' | 'Observing', (actor: string, target: RepairTarget) => readonly [string, string]>
  >
}

/** What this program's own actors are made of. */
export interface OwnParts extends ProviderParts {
  /** Runs pods on nodes; absent where the controller may not. */
  readonly onNode?: OnNodePods | undefined
  readonly suggestions?: Suggestions | undefined
}

/** One action that changes something about a node. The state machine knows no more about it than this. */
export interface ActionKind {
  readonly words: ActionWords
  /** Pods leave before the call. */
  readonly drains: boolean
  /** Of those, the pods that it is about; absent: all. */
  drainsOnly?(pod: PodObject): boolean
  /** The machine is taken away: what is left on it is lost. */
  readonly endsMachine: boolean
  /** The provider of the node's pool makes the call, or an actor of this program's own, where it has the parts for it. */
  readonly by: 'provider' | ((parts: OwnParts) => Actor | undefined)
  /** False: the call leaves no trace until it has worked, so it is put on record before it is sent, and sent once. */
  readonly traceable: boolean
  /** Why it must not be tried on `node`, and what would change that; undefined where it may. */
  refusal?(node: NodeView): { readonly why: string; readonly change: string } | undefined
  /** The next step after the call has begun, from what became of it. */
  done(attempt: Attempt, view: StepView, operation: OperationView): Step
  /** Did it help? Judged by the successor as it is now, and by what was said about it after `since` alone. */
  prove(node: NodeView | undefined, plan: Plan, since: number): Health
  /** What a healthy successor lacks all the same, in words; asked as the dwell begins and as it ends. */
  lack?(node: NodeView, plan: Plan, snapshot: ClusterSnapshot): string | undefined
}
