/** The shape of a gate: one question, asked of every candidate, that must be answered before anything is touched. */
import type { GateAnswer } from '../../model/decision.ts'
import type { ClusterSnapshot, NodeView } from '../../model/node.ts'
import type { Attempt } from '../../model/repair.ts'
import type { Taken } from './budget/budget.ts'
import type { Candidate } from './candidate.ts'
import type { ClusterIndex } from './cluster-index.ts'

export interface GateContext {
  readonly candidate: Candidate
  readonly snapshot: ClusterSnapshot
  readonly records: readonly Attempt[]
  readonly index: ClusterIndex
  /** Candidates that every gate let through earlier in the same pass. */
  readonly admitted: readonly Taken[]
  readonly now: number
}

/**
 * One question, pure. Every gate is asked before a repair starts, also after another one refused: the record shows all
 * that stands in the way. A gate that must also stop a repair under way answers `hold` or `cancel`, too.
 */
export interface Gate {
  readonly name: string
  /** Annotations of a node that it reads, exact or as a prefix that ends in `/`: no others are in the snapshot. */
  readonly annotations?: readonly string[]
  ask(context: GateContext): GateAnswer
  /** Why no repair under way may go on now; nothing is undone either. Asked before every step. */
  hold?(snapshot: ClusterSnapshot, now: number): string | undefined
  /** Why the repair of `node` must not go on: all is put back. Asked until the provider has begun. */
  cancel?(node: NodeView, snapshot: ClusterSnapshot, now: number): string | undefined
}

export function allow(why: string): GateAnswer {
  return { answer: 'allow', why }
}

/** With `until`, the time at which it opens by itself, the controller makes a pass then. */
export function wait(why: string, change: string, until?: number): GateAnswer {
  return { answer: 'wait', why, change, ...(until !== undefined && { until }) }
}

export function refuse(why: string, change: string): GateAnswer {
  return { answer: 'refuse', why, change }
}

/** A point in time as gates write it. */
export function at(ms: number): string {
  return new Date(ms).toISOString()
}
