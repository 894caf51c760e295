/** A decision: the rule that matched a node, the verdict of every gate, and what would change the outcome. */
import type { Action } from './action.ts'
import type { ConditionStatus } from './condition.ts'
import type { Mode } from './policy.ts'

/** How long one policy has been able to see one condition, persisted so that a restart starts no clock anew. */
export interface FirstSighting {
  readonly policy: string
  readonly condition: string
  readonly status: ConditionStatus
  readonly reason: string
  /** max(our first sighting, the condition's own stamp clamped to now, end of the last freeze). Only ever grows. */
  readonly since: number
  /** A transition after `since` that was a change between two sick statuses, by the condition's own stamp. */
  readonly transition?: number
  /** True while injected evidence alone was seen: a real fault begins its own toleration. */
  readonly drill?: boolean
}

/** `wait` resolves by itself with time or capacity; `refuse` needs somebody to change something. */
export type GateVerdict = 'allow' | 'wait' | 'refuse'

export interface GateAnswer {
  readonly answer: GateVerdict
  /** States the facts, with absolute times so that the text changes only with a fact. */
  readonly why: string
  /** What would change the verdict to `allow`; absent for `allow`. */
  readonly change?: string
  /** When a `wait` ends by itself, if known; the next pass is due then. Not stored in the record. */
  readonly until?: number
}

export interface GateRecord extends Omit<GateAnswer, 'until'> {
  readonly gate: string
}

/** The rule that drives the decision. */
export interface Rule {
  readonly policy: string
  readonly generation: number
  readonly mode: Mode
  /** Of the rung of the policy's ladder on which the node is. */
  readonly action: Action
  readonly condition: string
  readonly status: ConditionStatus
  readonly reason: string
}

/**
 * `act`: every gate allows. `would-act`: every gate but `drill` and `mode` allows. `no-action`: the rule says so. `cleared`: no
 * rule matches any more. `wait` and `refuse`: the verdict of the first gate that does not allow.
 */
export type DecisionOutcome = 'act' | 'would-act' | 'wait' | 'refuse' | 'no-action' | 'cleared'

/** The part of a decision stored in the attempt's record. */
export interface DecisionRecord {
  readonly at: number
  readonly outcome: DecisionOutcome
  readonly rule?: Rule
  /** When the rule's toleration ends. */
  readonly eligibleAt?: number
  /** The gate that decided; `target` when all gates allowed and the provider did not. Absent for `act`. */
  readonly decidedBy?: string
  /** Every gate in order, including those after the deciding one. */
  readonly gates: readonly GateRecord[]
}

/** The outcome for one node in one pass. */
export interface Decision extends DecisionRecord {
  readonly node: string
  readonly nodeUid: string
  /** The open record it belongs to; absent at the first sighting. */
  readonly record?: string
  /** When the deciding gate opens by itself; absent when unknown. */
  readonly until?: number
  readonly sightings: readonly FirstSighting[]
}
