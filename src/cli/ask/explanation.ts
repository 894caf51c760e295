/** What `nodemend why` tells, as data. */
import type { DecisionRecord } from '../../model/decision.ts'
import type { HealthFinding } from '../../model/node-health.ts'
import type { AcknowledgedOnNode } from './acknowledged.ts'
import type { NodeState } from './node-state.ts'
import type { Now } from './why-now.ts'

/** What `why --output json` prints. Times are RFC 3339. */
export interface Explanation {
  readonly node: string
  /** Null for a node that is gone. */
  readonly healthy: boolean | null
  /** Absent for a node that is gone. */
  readonly state: NodeState | null
  readonly exists: boolean
  readonly leader: string | null
  readonly conditions: readonly {
    readonly type: string
    readonly status: string
    readonly reason: string
    readonly message: string
    readonly since: string
    /** When somebody reported it last; null where its reporter writes no heartbeat. */
    readonly reported: string | null
    /** Active warnings, which leave it True. */
    readonly warnings: readonly string[]
  }[]
  /** What its agent has found, the gravest first, with the parts that it is about; null where no NodeHealth can be read. */
  readonly findings: readonly HealthFinding[] | null
  readonly acknowledged: AcknowledgedOnNode
  /** What is done about it, what that waits for, what would change it; absent when nothing is to be done. */
  readonly now: Now | null
  /** On record, or asked now (`recorded: false`) where no controller has written one. */
  readonly decision:
    | (DecisionText & {
        readonly recorded: boolean
        /** In what the node has changed since it was recorded; null when it has not. */
        readonly outdated: string | null
      })
    | null
  /** Newest first. */
  readonly repairs: readonly RepairText[]
}

export type DecisionText = Omit<DecisionRecord, 'at' | 'eligibleAt'> & {
  readonly at: string
  readonly eligibleAt: string | null
}

export interface RepairText {
  readonly name: string
  /** The condition that it is about; null where no decision is on record. */
  readonly cause: { readonly condition: string; readonly status: string; readonly reason: string } | null
  readonly phase: string
  readonly phases: readonly { readonly phase: string; readonly at: string; readonly why: string }[]
  readonly approvedBy: string | null
  /** What was kept of the node, or why nothing was; null where nothing was to be. */
  readonly evidence: string | null
  readonly drain: {
    readonly evicted: number
    readonly remaining: number
    readonly deadline: string
    readonly blockers: readonly string[]
    readonly leftBehind: readonly string[]
    /** Without a controller: nothing starts them again. */
    readonly lost: readonly string[]
    readonly notes: readonly string[]
  } | null
  /** What is acted on, after the word that says how: `Deletes`. */
  readonly target: { readonly verb: string; readonly object: string } | null
  readonly successor: string | null
  readonly proof: string | null
  readonly holder: string | null
}
