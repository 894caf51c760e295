/** The vocabulary of the state machine: what it sees, what it may answer, and how a record moves from phase to phase. */
import { saysHealthy } from '../../model/condition.ts'
import { type ClusterSnapshot, conditionOf, type NodeView } from '../../model/node.ts'
import type { Policy } from '../../model/policy.ts'
import { type Attempt, isBeforeCommit, type Phase, type Plan, phaseSince } from '../../model/repair.ts'
import type { OperationView } from '../../providers/provider.ts'
import type { DrainPass } from '../act/drain/run.ts'

/** How long a commit may take to begin, the old node to go, or an answer to come. */
export const observationMs = 20 * 60_000

/** How long the machine may take to join or to come back: what the policy said at admission. */
export function joinMsOf({ joinMs = observationMs }: Partial<Pick<Plan, 'joinMs'>>): number {
  return joinMs
}

export interface StepView {
  readonly snapshot: ClusterSnapshot
  readonly now: number
  /** What the last drain pass of this tick found; absent before it ran. */
  readonly pass?: DrainPass
  /** Why the drain pass of this tick could not look at the node's pods; absent when it could. */
  readonly unread?: string | undefined
  /** What the provider says; absent before it was asked. */
  readonly operation?: OperationView
  /** Why the last call to the provider was turned down; absent when none was. */
  readonly turnedDown?: string
  /** The policies in force now; absent while none were ever good. */
  readonly policies?: readonly Policy[]
  /** Whether the budget has room for a blocked repair to go on. */
  readonly slotFree: boolean
}

export type Step =
  | { readonly kind: 'wait'; readonly why: string }
  | { readonly kind: 'taint' }
  /** Have evidence collected, and ask what became of it. */
  | { readonly kind: 'collect' }
  | { readonly kind: 'drain' }
  | { readonly kind: 'look' }
  /** Make the call that cannot be undone. */
  | { readonly kind: 'call' }
  /** Write `attempt`; with `untaint`, take our taint off the old node first. */
  | { readonly kind: 'record'; readonly attempt: Attempt; readonly untaint: boolean }

/** The record with a new phase on top. Also used where a repair is admitted. */
export function withPhase(attempt: Attempt, phase: Phase, at: number, why: string, deadline?: number): Attempt {
  const { deadline: _, trouble: __, ...rest } = attempt
  const phases = [...attempt.phases, { phase, at, why }]
  return { ...rest, phase, phases, ...(deadline !== undefined && { deadline }) }
}

/** Write it as it is: same phase, or a phase that the caller has set. */
export function record(attempt: Attempt): Step {
  return { kind: 'record', attempt, untaint: false }
}

/** Enter a phase that goes on. */
export function enter(attempt: Attempt, { now }: StepView, phase: Phase, why: string, deadline?: number): Step {
  return record(withPhase(attempt, phase, now, why, deadline ?? deadlineOf(attempt, phase, now)))
}

function deadlineOf(attempt: Attempt, phase: Phase, now: number): number | undefined {
  if (phase === 'Draining') return attempt.drain?.deadline
  return phase === 'Committing' ? now + observationMs : undefined
}

/** Enter a phase in which it ends; our taint comes off where the node is there to stay. */
export function end(attempt: Attempt, { now, snapshot }: StepView, phase: Phase, why: string): Step {
  const stays = isBeforeCommit(attempt.phase) || oldNode(attempt, snapshot)?.deleting === false
  return {
    kind: 'record',
    attempt: withPhase(attempt, phase, now, why),
    untaint: stays && attempt.taintedAt !== undefined,
  }
}

/** It helped, or there is nothing left to wait for. */
export function succeed(attempt: Attempt, view: StepView, proof: string): Step {
  return end({ ...attempt, proof }, view, 'Succeeded', proof)
}

/** It is unknown whether the call was made: wait, and in the end fail. It is never repeated. */
export function untold(attempt: Attempt, view: StepView, because: string): Step {
  const why = `outcome unknown: ${because}`
  if (attempt.phase !== 'Unknown') return enter(attempt, view, 'Unknown', why, view.now + observationMs)
  if (isOver(attempt, view.now)) return end(attempt, view, 'Failed', why)
  return { kind: 'wait', why }
}

/** The node under repair, while the API has it. */
export function oldNode(attempt: Pick<Attempt, 'nodeUid'>, snapshot: ClusterSnapshot): NodeView | undefined {
  return snapshot.nodes.find((node) => node.uid === attempt.nodeUid)
}

/** True when the condition that drove the repair is reported healthy. */
export function hasRecovered({ condition, status }: Plan, node: NodeView): boolean {
  return saysHealthy(condition, conditionOf(node, condition)?.status, status)
}

/** True when the phase has had its time. */
export function isOver(attempt: Attempt, now: number): boolean {
  return now >= (attempt.deadline ?? phaseSince(attempt) + observationMs)
}
