/** From Committing on: what has begun cannot be undone, so nothing is repeated that might have happened. */
import type { Attempt, Plan } from '../../model/repair.ts'
import type { OperationView } from '../../providers/provider.ts'
import { judgeReplacement } from '../verify/prove.ts'
import { cancelReason } from './interrupt.ts'
import { end, enter, isOver, observationMs, record, type Step, type StepView } from './transition.ts'

/** Write-ahead: `Committing` is on record before the provider is called. Only a certain "not begun" lets us call. */
export function committed(attempt: Attempt, plan: Plan, view: StepView, operation: OperationView): Step {
  switch (operation.state) {
    case 'running':
    case 'gone':
      return enter(attempt, view, 'Acting', 'the provider has begun', view.now + observationMs)
    case 'not-started': {
      // Once it had begun, "not begun" contradicts what we saw: it is not repeated.
      if (attempt.phases.some((entry) => entry.phase === 'Acting'))
        return untold(attempt, view, 'the provider forgot it')
      // Nothing has happened yet, so whatever would have stopped the drain still stops the call.
      const cancel = cancelReason(attempt, plan, view)
      if (cancel !== undefined) return end(attempt, view, 'Cancelled', cancel, true)
      if (isOver(attempt, view.now)) {
        const why = view.turnedDown ?? 'no call went through'
        return end(attempt, view, 'Failed', `the provider did not begin in time: ${why}`, true)
      }
      return { kind: 'replace' }
    }
    case 'unknown':
      return untold(attempt, view, operation.why)
  }
}

/** The provider has begun: the old node goes, a new one comes. */
export function acted(attempt: Attempt, view: StepView, operation: OperationView): Step {
  switch (operation.state) {
    case 'not-started':
      return untold(attempt, view, 'the provider forgot it')
    case 'unknown':
      if (isOver(attempt, view.now))
        return end(attempt, view, 'Failed', `nobody can tell how it went: ${operation.why}`, false)
      return { kind: 'wait', why: operation.why }
    case 'running':
      if (isOver(attempt, view.now)) return end(attempt, view, 'Failed', `not gone in time: ${operation.why}`, false)
      return { kind: 'wait', why: operation.why }
    case 'gone':
      break
  }
  const { successor } = operation
  if (attempt.phase === 'Acting')
    return enter(attempt, view, 'Observing', 'the old node is gone', view.now + observationMs)
  if (successor.kind === 'not-needed') return prove(attempt, view, `the old node is gone; ${successor.why}`)
  if (successor.kind === 'awaited') {
    if (isOver(attempt, view.now))
      return end(attempt, view, 'Failed', `no replacement in time: ${successor.why}`, false)
    return { kind: 'wait', why: successor.why }
  }
  const replaced = { ...attempt, replacement: successor.node }
  return enter(
    replaced,
    view,
    'Dwelling',
    `${successor.node.name} takes its place`,
    view.now + observationMs + (attempt.plan?.dwellMs ?? 0),
  )
}

/** The new node proves the repair, or does not. */
export function dwell(attempt: Attempt, plan: Plan, view: StepView): Step {
  const node = view.snapshot.nodes.find((one) => one.uid === attempt.replacement?.uid)
  const health = judgeReplacement(node, plan)
  const { healthySince, ...unproven } = attempt
  switch (health.kind) {
    case 'healthy': {
      if (healthySince === undefined) return record({ ...attempt, healthySince: view.now })
      if (view.now - healthySince < plan.dwellMs) return { kind: 'wait', why: health.why }
      return prove(attempt, view, `${health.why} since ${new Date(healthySince).toISOString()}`)
    }
    case 'same-fault':
      return end(attempt, view, 'Failed', health.why, false)
    case 'gone':
    case 'not-yet':
      if (isOver(attempt, view.now)) return end(attempt, view, 'Failed', `not proven in time: ${health.why}`, false)
      return healthySince === undefined ? { kind: 'wait', why: health.why } : record(unproven)
  }
}

/** Nobody can tell whether it happened: wait, and in the end leave it to a person. Never again. */
function untold(attempt: Attempt, view: StepView, why: string): Step {
  if (attempt.phase !== 'Unknown') return enter(attempt, view, 'Unknown', why, view.now + observationMs)
  if (isOver(attempt, view.now))
    return end(attempt, view, 'Failed', `nobody can tell whether it happened: ${why}`, false)
  return { kind: 'wait', why }
}

function prove(attempt: Attempt, view: StepView, proof: string): Step {
  return end({ ...attempt, proof }, view, 'Succeeded', proof, false)
}
