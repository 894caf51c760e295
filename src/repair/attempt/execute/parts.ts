/** What the executor is made of, and what one of its ticks works on. */
import type { Api } from '../../../kube/api.ts'
import type { ClusterSnapshot, Leadership } from '../../../model/node.ts'
import type { Policy } from '../../../model/policy.ts'
import type { Attempt } from '../../../model/repair.ts'
import type { OperationView } from '../../../providers/provider.ts'
import type { Clock } from '../../../telemetry/clock.ts'
import type { Drainer, DrainPass } from '../../act/drain/run.ts'
import type { Fence } from '../../act/fence/fence.ts'
import type { LifecycleConditions } from '../../act/lifecycle/lifecycle.ts'
import type { EvidenceCollector } from '../../act/on-node/evidence.ts'
import type { LastLook } from '../../observe/last-look.ts'
import type { AttemptBook } from '../book.ts'
import type { Calls } from '../calls.ts'

export interface ExecutorOptions {
  readonly api: Api
  readonly clock: Clock
  readonly book: AttemptBook
  readonly drainer: Drainer
  readonly calls: Calls
  readonly fence: Fence
  /** Asked again before every call that changes something. */
  readonly leadership: () => Leadership
  /** Asked again before every step that cannot be taken back, and before the first one that touches the node. */
  readonly lastLook: LastLook
  /** Collects what a node says before its pods leave. */
  readonly evidence: EvidenceCollector
  /** Shows each new phase on the node before the next step. */
  readonly lifecycle: LifecycleConditions
  /** Told of every new phase that is on record. */
  readonly onPhase: (attempt: Attempt) => void
}

/** What one tick works on. */
export interface Tick {
  snapshot: ClusterSnapshot
  readonly slotFree: boolean
  readonly policies?: readonly Policy[]
  attempt: Attempt
  pass?: DrainPass
  unread?: string | undefined
  operation?: OperationView
}
