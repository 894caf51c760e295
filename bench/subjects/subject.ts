/** An agent under measurement, ours or a peer's, seen through its process and the API alone. */
import type { NodeCondition } from '../../src/model/condition.ts'
import type { Program } from '../../test/cluster/process/processes.ts'
import type { CustomKind } from '../server/custom-kind.ts'

/** Where one instance runs. */
export interface Place {
  /** A folder of its own. */
  readonly folder: string
  readonly kubeconfig: string
  readonly nodeName: string
  /** True when the bench writes faults, which need rules; benches of the agent's cost write none. */
  readonly faults: boolean
  /** Three free ports. */
  readonly ports: readonly number[]
}

/** A line that is a fault to this subject, and the conditions that follow. */
export interface Fault {
  readonly line: string
  shows(conditions: readonly NodeCondition[]): boolean
  /** The line that ends it, for a subject that knows recovery. */
  readonly recovery?: { readonly line: string; shows(conditions: readonly NodeCondition[]): boolean }
}

export interface Subject {
  readonly name: 'nodemend' | 'nma' | 'npd'
  /** The `n` of faults that can stand beside each other on one node. */
  readonly kinds: readonly number[]
  /**
   * The longest period of a subject that reports by the clock, milliseconds. Starts and tries spread over it, so that they
   * meet its clock at random moments.
   */
  readonly beatMs?: number
  /** What the API server must serve before it starts. */
  readonly needs?: readonly CustomKind[]
  /** The command that runs it at `place`; may write files there. */
  launch(place: Place): Program
  /** True when the conditions show the subject's first report. */
  isReady(conditions: readonly NodeCondition[]): boolean
  /** The n-th fault. Consecutive faults differ, so that a subject that never clears a condition shows each. */
  fault(n: number): Fault
}

/** True when the condition `type` has that status and reason. */
export function hasCondition(
  conditions: readonly NodeCondition[],
  type: string,
  status: NodeCondition['status'],
  reason?: string,
): boolean {
  return conditions.some(
    (one) => one.type === type && one.status === status && (reason === undefined || one.reason === reason),
  )
}
