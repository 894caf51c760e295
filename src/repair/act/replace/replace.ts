/** Replace: the provider ends the machine, and the node that takes its place proves the repair. */
import { formatDuration } from '../../../catalog/duration.ts'
import { type Attempt, targetText } from '../../../model/repair.ts'
import type { OperationView, SuccessorSearch } from '../../../providers/provider.ts'
import { end, enter, isOver, joinMsOf, type Step, type StepView, succeed, untold } from '../../attempt/transition.ts'
import { judgeHealth } from '../../verify/health.ts'
import { lackOf } from '../../verify/pool.ts'
import type { ActionKind } from '../action.ts'

export const replace: ActionKind = {
  words: {
    verb: 'replace',
    label: 'Deletes',
    events: { Acting: 'RepairReplacing', Observing: 'RepairAwaitingReplacement' },
    now: {
      Committing: (actor, target) => [`asks ${actor} to delete ${targetText(target)}`, `${actor} to begin`],
      Acting: (actor, target) => [`has ${actor} take the machine away`, `${targetText(target)} to be gone`],
      Observing: () => ['has taken the machine away', 'its replacement to join'],
    },
  },
  drains: true,
  endsMachine: true,
  by: 'provider',
  traceable: true,
  done,
  prove: (node, plan) => (node ? judgeHealth(node, plan) : { kind: 'gone', why: 'the replacement is gone' }),
  lack: lackOf,
}

/** The old node goes, a new one comes. */
function done(attempt: Attempt, view: StepView, operation: OperationView): Step {
  switch (operation.state) {
    case 'not-started':
      return untold(attempt, view, 'the provider no longer knows the operation')
    case 'unknown':
      return inTime(attempt, view, `outcome unknown: ${operation.why}`)
    case 'running':
      return inTime(attempt, view, `not gone in time: ${operation.why}`, operation.why)
    case 'ended':
      return end(attempt, view, 'Failed', operation.why)
    case 'back':
      return inTime(attempt, view, `outcome unknown: ${operation.node.name} booted anew instead of going`)
    case 'gone':
      return attempt.phase === 'Acting'
        ? enter(attempt, view, 'Observing', goneText(attempt), view.now + joinMsOf(attempt.plan ?? {}))
        : awaited(attempt, view, operation.successor)
  }
}

/** Waits until the phase has had its time, and fails then. */
function inTime(attempt: Attempt, view: StepView, failure: string, why = failure): Step {
  return isOver(attempt, view.now) ? end(attempt, view, 'Failed', failure) : { kind: 'wait', why }
}

function goneText(attempt: Attempt): string {
  return `the old node is gone; a new one may take ${joinText(attempt)}`
}

/** How long, and where a person changes it. */
function joinText({ plan }: Attempt): string {
  return `${formatDuration(joinMsOf(plan ?? {}))} by spec.restraint.join of policy ${plan?.policy ?? ''}`
}

function awaited(attempt: Attempt, view: StepView, successor: SuccessorSearch): Step {
  switch (successor.kind) {
    case 'not-needed':
      return succeed(attempt, view, `the old node is gone; ${successor.why}`)
    case 'awaited':
      return inTime(attempt, view, `no replacement in time (${joinText(attempt)}): ${successor.why}`, successor.why)
    case 'found': {
      const { node } = successor
      const found = { ...attempt, successor: { ...node, since: view.now } }
      const until = view.now + joinMsOf(attempt.plan ?? {}) + (attempt.plan?.dwellMs ?? 0)
      return enter(found, view, 'Dwelling', `${node.name} takes its place`, until)
    }
  }
}
