/** What brings the faults about, for the runner: Jobs of a cluster, or a kernel log of this machine. */
import type { Drill } from '../plan/drill.ts'

export interface Injector {
  /** Resolves when the faults are there. Rejects with what people can do about it. */
  inject(drills: readonly Drill[]): Promise<void>
  /** Ends them; resolves when nothing of them is left. Asked for drills that were never injected it does nothing. */
  remove(drills: readonly Drill[]): Promise<void>
}

/** Nothing was injected: the code is `NM_DRILL_INJECT`, the message names what refused and the remedy. */
export class InjectError extends Error {
  override readonly name = 'InjectError'
  readonly code = 'NM_DRILL_INJECT'
}
