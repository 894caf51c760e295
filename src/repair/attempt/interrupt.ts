/** What stops a repair that is under way: for a while, or for good as long as nothing has begun that cannot be undone. */
import type { Attempt, Plan } from '../../model/repair.ts'
import { foreignOwner } from '../decide/foreign.ts'
import { freezeOf } from '../decide/gates/api-health.ts'
import { pauseOf } from '../decide/gates/pause.ts'
import { vetoOf } from '../decide/gates/veto.ts'
import { faultCleared, oldNode, type StepView } from './transition.ts'

/** While our picture may be wrong, or somebody asked for quiet, nothing goes on; nothing is undone either. */
export function holdReason({ snapshot, now }: StepView): string | undefined {
  const freeze = freezeOf(snapshot.health, now)
  if (freeze) return freeze.why
  return pauseOf(snapshot.pause)?.why
}

/** Before the provider has begun, whatever speaks against the repair ends it and everything is put back. */
export function cancelReason(attempt: Attempt, plan: Plan, { snapshot, now, pass }: StepView): string | undefined {
  const node = oldNode(attempt, snapshot)
  if (!node || pass?.nodeGone) return 'the node is gone'
  if (faultCleared(plan, node)) return `${plan.condition} is no longer ${plan.status}`
  if (pass?.taintGone) return 'somebody removed our taint from the node'
  const veto = vetoOf(node, now)
  if (veto !== undefined) return `veto: ${veto.why}`
  return foreignOwner(node, snapshot)
}
