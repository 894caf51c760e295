/**
 * The attempt's state machine: from what is recorded and what is seen now to the one thing to do next. Pure. Every step
 * may be the last one before a crash: the next leader calls this function with the same record and goes on.
 */
import { formatDuration } from '../../catalog/duration.ts'
import type { EvidencePolicy } from '../../model/policy.ts'
import { type Attempt, isBeforeCommit } from '../../model/repair.ts'
import { kindOf } from '../act/actions.ts'
import { acted, committed, dwell } from './committed.ts'
import { afterGap, afterPass, startDrain, unread } from './draining.ts'
import { cancelReason, deletionReason, holdReason } from './interrupt.ts'
import { end, enter, isOver, record, type Step, type StepView } from './transition.ts'

/** The next step of an attempt that has a plan. Attempts that are Pending or finished have none. */
export function nextStep(attempt: Attempt, view: StepView): Step {
  const { plan } = attempt
  if (!plan) return { kind: 'wait', why: 'not admitted' }
  const deleted = isBeforeCommit(attempt.phase) ? deletionReason(attempt) : undefined
  if (deleted !== undefined) return end(attempt, view, 'Cancelled', deleted)
  const held = holdReason(view)
  if (held !== undefined) return { kind: 'wait', why: held }
  const cancel = isBeforeCommit(attempt.phase) ? cancelReason(attempt, plan, view) : undefined
  if (cancel !== undefined) return end(attempt, view, 'Cancelled', cancel)
  switch (attempt.phase) {
    case 'Preparing':
      if (!kindOf(plan.action).drains) return enter(attempt, view, 'Committing', 'no pod has to leave')
      if (attempt.taintedAt !== undefined && plan.evidence && attempt.evidence?.said === undefined)
        return collecting(attempt, plan.evidence, view.now)
      if (attempt.taintedAt !== undefined)
        return enter(startDrain(attempt, plan, view.now), view, 'Draining', 'our taint is on the node')
      return isOver(attempt, view.now)
        ? end(attempt, view, 'Failed', `the node could not be tainted in time: ${attempt.trouble ?? 'no answer'}`)
        : { kind: 'taint' }
    case 'Draining':
    case 'Blocked':
      if (view.unread !== undefined) return unread(attempt, view, view.unread)
      return view.pass
        ? afterPass(attempt, plan, view, view.pass)
        : (afterGap(attempt, plan, view) ?? { kind: 'drain' })
    case 'Committing':
    case 'Unknown':
      return view.operation ? committed(attempt, plan, view, view.operation) : { kind: 'look' }
    case 'Acting':
    case 'Observing':
      return view.operation ? acted(attempt, plan, view, view.operation) : { kind: 'look' }
    case 'Dwelling':
      return dwell(attempt, plan, view)
    case 'Pending':
    case 'Succeeded':
    case 'Failed':
    case 'Cancelled':
      return { kind: 'wait', why: 'nothing to do' }
  }
}

/** Evidence is worth a time, and never holds the repair for longer. */
function collecting(attempt: Attempt, { timeoutMs }: EvidencePolicy, now: number): Step {
  const { evidence } = attempt
  if (evidence === undefined || now < evidence.since + timeoutMs) return { kind: 'collect' }
  const said = `nothing was kept: the pod on the node had not ended after ${formatDuration(timeoutMs)}`
  return record({ ...attempt, evidence: { ...evidence, said } })
}
