/** What `nodemend status` tells, as data. */
import type { Pause } from '../../model/node.ts'
import type { HealthFinding } from '../../model/node-health.ts'
import type { AcknowledgedOnNode } from './acknowledged.ts'
import type { HeldUp } from './held-up.ts'
import type { NodeState } from './node-state.ts'

/** What `status --output json` prints. */
export interface ClusterStatus {
  readonly controller: {
    readonly installed: boolean
    readonly leader: string | null
    /** `why` is what the annotation says, or why it is unknown; null when it is off. */
    readonly paused: { readonly state: Pause['state']; readonly why: string | null }
    /** Why nothing happens although nobody paused it, as the newest decisions say; null when none says so, or there is none. */
    readonly settling: string | null
  }
  /** What holds everything up, or many repairs for one reason. */
  readonly heldUp: readonly HeldUp[]
  readonly nodes: readonly {
    readonly name: string
    readonly healthy: boolean
    readonly state: NodeState
    readonly ready: string
    /** Why nobody looks for its faults; null while an agent reports. */
    readonly unwatched: string | null
    readonly conditions: readonly {
      readonly type: string
      readonly status: string
      readonly reason: string
      readonly since: string
    }[]
    /** Active warnings. */
    readonly warnings: readonly string[]
    /** What its agent has found, the gravest first; null where no NodeHealth can be read. */
    readonly findings: readonly Pick<HealthFinding, 'reason' | 'severity' | 'device'>[] | null
    readonly acknowledged: AcknowledgedOnNode
    readonly repair: string | null
  }[]
  readonly repairs: readonly {
    readonly name: string
    readonly node: string
    readonly phase: string
    readonly since: string
    readonly condition: string
    readonly reason: string
    readonly policy: string
    readonly outcome: string
    readonly why: string
    /** It has not begun for a reason that `heldUp` tells. */
    readonly toldFirst: boolean
  }[]
  readonly policies: readonly {
    readonly name: string
    readonly mode: string
    /** From the first rung to the last one. */
    readonly ladder: readonly string[]
    /** Well-formed, whatever is wrong with others. */
    readonly accepted: boolean
    readonly inForce: boolean
    readonly trouble: string | null
  }[]
}

export type NodeStatus = ClusterStatus['nodes'][number]
export type RepairStatus = ClusterStatus['repairs'][number]
