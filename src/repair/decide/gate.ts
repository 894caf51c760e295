/** The shape of a gate: one question, asked of every candidate, that must be answered before anything is touched. */
import type { GateAnswer } from '../../model/decision.ts'
import type { ClusterSnapshot } from '../../model/node.ts'
import type { Attempt } from '../../model/repair.ts'
import type { Candidate } from './candidate.ts'
import type { ClusterIndex } from './cluster-index.ts'

/** A candidate that every gate let through earlier in the same pass. */
export interface Admitted {
  readonly candidate: Candidate
  /** False where the policy only observes: it takes a slot from its own policy alone. */
  readonly acting: boolean
}

export interface GateContext {
  readonly candidate: Candidate
  readonly snapshot: ClusterSnapshot
  readonly records: readonly Attempt[]
  readonly index: ClusterIndex
  readonly admitted: readonly Admitted[]
  readonly now: number
}

/** `ask` is pure. Every gate is asked, also after another one refused: the record shows all that stands in the way. */
export interface Gate {
  readonly name: string
  ask(context: GateContext): GateAnswer
}

export function allow(why: string): GateAnswer {
  return { answer: 'allow', why }
}

export function wait(why: string, change: string): GateAnswer {
  return { answer: 'wait', why, change }
}

export function refuse(why: string, change: string): GateAnswer {
  return { answer: 'refuse', why, change }
}

/** A point in time as gates write it. */
export function at(ms: number): string {
  return new Date(ms).toISOString()
}
