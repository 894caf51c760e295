/** From Committing on: what has begun cannot be undone, so nothing is repeated that might have happened. */
import { type Attempt, type Plan, phaseSince } from '../../model/repair.ts'
import type { OperationView } from '../../providers/provider.ts'
import { kindOf } from '../act/actions.ts'
import { cancelReason } from './interrupt.ts'
import {
  end,
  enter,
  isOver,
  joinMsOf,
  observationMs,
  record,
  type Step,
  type StepView,
  succeed,
  untold,
} from './transition.ts'

/** Write-ahead: `Committing` is on record before the call is made. Only a certain "not begun" lets us make it. */
export function committed(attempt: Attempt, plan: Plan, view: StepView, operation: OperationView): Step {
  switch (operation.state) {
    case 'running':
    case 'back':
    case 'gone':
    case 'ended':
      return enter(
        attempt,
        view,
        'Acting',
        `${plan.provider} has begun`,
        view.now + Math.max(observationMs, joinMsOf(plan)),
      )
    case 'not-started': {
      // Once it had begun, "not begun" contradicts what we saw: it is not repeated.
      if (attempt.phases.some((entry) => entry.phase === 'Acting'))
        return untold(attempt, view, 'the provider no longer knows the operation')
      if (attempt.call) return untold(attempt, view, callText(attempt.call.at))
      // Nothing has happened yet, so whatever would have stopped the drain still stops the call.
      const cancel = cancelReason(attempt, plan, view)
      if (cancel !== undefined) return end(attempt, view, 'Cancelled', cancel)
      if (isOver(attempt, view.now)) {
        const why = view.turnedDown ?? attempt.trouble ?? 'no call went through'
        return end(attempt, view, 'Failed', `the provider did not begin in time: ${why}`)
      }
      return { kind: 'call' }
    }
    case 'unknown':
      return untold(attempt, view, view.turnedDown ?? operation.why)
  }
}

/** A call on record whose answer did not arrive. */
function callText(at: number): string {
  return `the call was put on record at ${new Date(at).toISOString()}, and it is unknown whether it was sent`
}

/** The call has been made: what follows is the action's own business. */
export function acted(attempt: Attempt, plan: Plan, view: StepView, operation: OperationView): Step {
  return kindOf(plan.action).done(attempt, view, operation)
}

/** A new node that is of no use for longer has what it lacks on record. */
const saidAfterMs = 60_000

/** The successor proves the repair, or does not. */
export function dwell(attempt: Attempt, plan: Plan, view: StepView): Step {
  const { trouble: _, ...rest } = attempt
  const { healthySince, successor } = rest
  const node = view.snapshot.nodes.find((one) => one.uid === successor?.uid)
  const { prove, lack } = kindOf(plan.action)
  const health = prove(node, plan, successor?.since ?? phaseSince(attempt))
  switch (health.kind) {
    case 'healthy': {
      const over = healthySince !== undefined && view.now - healthySince >= plan.dwellMs
      if (healthySince !== undefined && !over) return { kind: 'wait', why: health.why }
      const lacking = node && lack?.(node, plan, view.snapshot)
      if (lacking !== undefined) return unproven(attempt, view, lacking)
      if (healthySince === undefined) return record({ ...rest, healthySince: view.now })
      return succeed(attempt, view, `${health.why} since ${new Date(healthySince).toISOString()}`)
    }
    case 'same-fault':
      return end(attempt, view, 'Failed', health.why)
    case 'gone':
    case 'not-yet':
      return unproven(attempt, view, health.why)
  }
}

/** Waits for the proof while there is time; what held until now counts no more. */
function unproven({ healthySince, ...rest }: Attempt, view: StepView, why: string): Step {
  if (isOver(rest, view.now)) return end(rest, view, 'Failed', `not proven in time: ${why}`)
  const due = view.now - phaseSince(rest) >= saidAfterMs && rest.trouble !== why
  if (due) return record({ ...rest, trouble: why })
  return healthySince === undefined ? { kind: 'wait', why } : record(rest)
}
