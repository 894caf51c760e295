/** Replace: the provider ends the machine, and the node that takes its place proves the repair. */
import type { Attempt } from '../../../model/repair.ts'
import type { OperationView } from '../../../providers/provider.ts'
import {
  end,
  enter,
  isOver,
  observationMs,
  type Step,
  type StepView,
  succeed,
  untold,
} from '../../attempt/transition.ts'
import { judgeHealth } from '../../verify/health.ts'
import type { ActionKind } from '../action.ts'

export const replace: ActionKind = {
  words: {
    verb: 'replace',
    label: 'Deletes',
    events: { Acting: 'RepairReplacing', Observing: 'RepairAwaitingReplacement' },
    now: {
      Committing: (actor, { kind, name }) => [`asks ${actor} to delete ${kind} ${name}`, `${actor} to begin`],
      Acting: (actor, { kind, name }) => [`has ${actor} take the machine away`, `${kind} ${name} to be gone`],
      Observing: () => ['has taken the machine away', 'its replacement to join'],
    },
  },
  drains: true,
  by: 'provider',
  traceable: true,
  done,
  prove: (node, plan) => (node ? judgeHealth(node, plan) : { kind: 'gone', why: 'the replacement is gone' }),
}

/** The old node goes, a new one comes. */
function done(attempt: Attempt, view: StepView, operation: OperationView): Step {
  switch (operation.state) {
    case 'not-started':
      return untold(attempt, view, 'the provider no longer knows the operation')
    case 'unknown':
      if (isOver(attempt, view.now)) return end(attempt, view, 'Failed', `outcome unknown: ${operation.why}`)
      return { kind: 'wait', why: operation.why }
    case 'running':
      if (isOver(attempt, view.now)) return end(attempt, view, 'Failed', `not gone in time: ${operation.why}`)
      return { kind: 'wait', why: operation.why }
    case 'back':
      return untold(attempt, view, `${operation.node.name} booted anew instead of going`)
    case 'gone':
      return attempt.phase === 'Acting'
        ? enter(attempt, view, 'Observing', 'the old node is gone', view.now + observationMs)
        : awaited(attempt, view, operation.successor)
  }
}

function awaited(
  attempt: Attempt,
  view: StepView,
  successor: Extract<OperationView, { readonly state: 'gone' }>['successor'],
): Step {
  switch (successor.kind) {
    case 'not-needed':
      return succeed(attempt, view, `the old node is gone; ${successor.why}`)
    case 'awaited':
      if (isOver(attempt, view.now)) return end(attempt, view, 'Failed', `no replacement in time: ${successor.why}`)
      return { kind: 'wait', why: successor.why }
    case 'found': {
      const { node } = successor
      const found = { ...attempt, successor: { ...node, since: view.now } }
      const until = view.now + observationMs + (attempt.plan?.dwellMs ?? 0)
      return enter(found, view, 'Dwelling', `${node.name} takes its place`, until)
    }
  }
}
