/** A decision: which rule matched a node, what every gate answered, and what would change the outcome. */
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
}

/** `wait` resolves itself with time or room; `refuse` needs somebody to change something. */
export type GateVerdict = 'allow' | 'wait' | 'refuse'

export interface GateAnswer {
  readonly answer: GateVerdict
  /** Names the facts. Absolute times, so that the text changes only when a fact does. */
  readonly why: string
  /** What would turn it into `allow`; absent for `allow`. */
  readonly change?: string
  /** When a `wait` ends by itself, if that is known: a pass is due then. Not kept in the record. */
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
 * `act`: every gate allows. `would-act`: every gate but the mode allows. `no-action`: the rule says so. `cleared`: no rule
 * matches any more. `wait` and `refuse`: the first gate that did not allow.
 */
export type DecisionOutcome = 'act' | 'would-act' | 'wait' | 'refuse' | 'no-action' | 'cleared'

/** What is persisted of a decision in the attempt's record. */
export interface DecisionRecord {
  readonly at: number
  readonly outcome: DecisionOutcome
  readonly rule?: Rule
  /** When the rule's toleration is over. */
  readonly eligibleAt?: number
  /** The gate that decided; `target`, where all gates allowed and the provider did not. Absent for `act`. */
  readonly decidedBy?: string
  /** Every gate in order, also those after the one that decided. */
  readonly gates: readonly GateRecord[]
}

/** The outcome for one node in one pass. */
export interface Decision extends DecisionRecord {
  readonly node: string
  readonly nodeUid: string
  /** The open record it belongs to; absent when this is the first sighting. */
  readonly record?: string
  /** When the gate that decided opens by itself; absent where nobody knows. */
  readonly until?: number
  readonly sightings: readonly FirstSighting[]
}
