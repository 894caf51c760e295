/** Where drills run: a cluster, or the embedded one. */
import type { Drill } from '../../drill/plan/drill.ts'
import type { Injector } from '../../drill/run/injector.ts'
import type { Asked } from '../../drill/watch/stages.ts'
import type { Api } from '../../kube/api.ts'

export interface Ground {
  readonly api: Api
  /** The cluster's name in the report. */
  readonly cluster: string
  readonly injector: Injector
  /** Whether the cluster has NodeRepairs. */
  readonly repairs: boolean
  /** The node for the next turn. Rejects with `NM_DRILL_NODE` where none is fit. */
  nextNode(): Promise<string>
  /** What the policies ask for. */
  asked(drill: Drill): Asked
  close(): Promise<void>
}
