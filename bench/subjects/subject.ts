/** An agent under measurement: ours or a peer's. Everything is asked of its process from outside and of the API. */
import type { NodeCondition } from '../../src/model/condition.ts'
import type { Program } from '../../test/cluster/process/processes.ts'
import type { CustomKind } from '../server/custom-kind.ts'

/** Where one instance runs. */
export interface Place {
  /** A folder of its own. */
  readonly folder: string
  readonly kubeconfig: string
  readonly nodeName: string
  /** Whether it will be shown faults of this bench, and needs the rules for them. Its cost is measured without. */
  readonly faults: boolean
  /** Three free ports. */
  readonly ports: readonly number[]
}

/** A line that means trouble to this subject, and how the node's conditions then look. */
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
   * Where it reports by the clock: its longest period. Starts and tries are spread over it; one that follows at once on
   * the report of the last would always meet the clock at the same moment.
   */
  readonly beatMs?: number
  /** What the API server must serve before it starts. */
  readonly needs?: readonly CustomKind[]
  /** The command that runs it at `place`; may write files there. */
  launch(place: Place): Program
  /** It has reported for the first time. */
  isReady(conditions: readonly NodeCondition[]): boolean
  /** The n-th fault. Neighbours differ, so that the second is seen by a subject that never clears the first. */
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
