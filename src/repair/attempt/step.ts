/**
 * The attempt's state machine: from what is recorded and what is seen now to the one thing to do next. Pure. Every step
 * may be the last one before a crash: the next leader calls this function with the same record and goes on.
 */
import { type Attempt, isBeforeCommit, type Plan } from '../../model/repair.ts'
import { foreignOwner } from '../decide/foreign.ts'
import { freezeOf } from '../decide/gates/api-health.ts'
import { vetoOf } from '../decide/gates/veto.ts'
import { acted, committed, dwell } from './committed.ts'
import { afterPass, startDrain, unread } from './draining.ts'
import { end, enter, faultCleared, isOver, oldNode, type Step, type StepView } from './transition.ts'

/** The next step of an attempt that has a plan. Attempts that are Pending or finished have none. */
export function nextStep(attempt: Attempt, view: StepView): Step {
  const { plan } = attempt
  if (!plan) return { kind: 'wait', why: 'not admitted' }
  const held = holdReason(view)
  if (held !== undefined) return { kind: 'wait', why: held }
  const cancel = isBeforeCommit(attempt.phase) ? cancelReason(attempt, plan, view) : undefined
  if (cancel !== undefined) return end(attempt, view, 'Cancelled', cancel, true)
  switch (attempt.phase) {
    case 'Preparing':
      if (attempt.taintedAt !== undefined)
        return enter(startDrain(attempt, plan, view.now), view, 'Draining', 'our taint is on the node')
      return isOver(attempt, view.now)
        ? end(attempt, view, 'Failed', 'the node could not be tainted in time', true)
        : { kind: 'taint' }
    case 'Draining':
    case 'Blocked':
      if (view.unread !== undefined) return unread(attempt, view, view.unread)
      return view.pass ? afterPass(attempt, plan, view, view.pass) : { kind: 'drain' }
    case 'Committing':
    case 'Unknown':
      return view.operation ? committed(attempt, plan, view, view.operation) : { kind: 'look' }
    case 'Acting':
    case 'Observing':
      return view.operation ? acted(attempt, view, view.operation) : { kind: 'look' }
    case 'Dwelling':
      return dwell(attempt, plan, view)
    case 'Pending':
    case 'Succeeded':
    case 'Failed':
    case 'Cancelled':
      return { kind: 'wait', why: 'nothing to do' }
  }
}

/** While our picture may be wrong, or somebody asked for quiet, nothing goes on; nothing is undone either. */
function holdReason({ snapshot, now }: StepView): string | undefined {
  const freeze = freezeOf(snapshot.health, now)
  if (freeze) return freeze.why
  return snapshot.paused === undefined ? undefined : `paused: ${snapshot.paused}`
}

/** Before the commit, whatever speaks against the repair ends it and everything is put back. */
function cancelReason(attempt: Attempt, plan: Plan, { snapshot, now, pass }: StepView): string | undefined {
  const node = oldNode(attempt, snapshot)
  if (!node || pass?.nodeGone) return 'the node is gone'
  if (faultCleared(plan, node)) return `${plan.condition} is no longer ${plan.status}`
  if (pass?.taintGone) return 'somebody removed our taint from the node'
  const veto = vetoOf(node, now)
  if (veto !== undefined) return `veto: ${veto.why}`
  return foreignOwner(node, snapshot)
}
