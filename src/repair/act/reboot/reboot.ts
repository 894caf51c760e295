/**
 * Reboot: the provider restarts the machine, and the same node proves the repair after its new boot. The call leaves no
 * trace until the node reports another boot id.
 */
import { type Attempt, targetText } from '../../../model/repair.ts'
import type { OperationView } from '../../../providers/provider.ts'
import { end, enter, isOver, joinMsOf, oldNode, type Step, type StepView, untold } from '../../attempt/transition.ts'
import { judgeSince } from '../../verify/since.ts'
import type { ActionKind } from '../action.ts'

export const reboot: ActionKind = {
  words: {
    verb: 'reboot',
    label: 'Reboots',
    events: { Acting: 'RepairRebooting', Observing: 'RepairAwaitingReboot' },
    now: {
      Committing: (actor, target) => [`asks ${actor} to reboot ${targetText(target)}`, `${actor} to begin`],
      Acting: (actor) => [`has ${actor} reboot the machine`, 'the node to report a new boot id'],
      Observing: () => ['has rebooted the machine', 'the node to come back'],
    },
  },
  drains: true,
  endsMachine: false,
  by: 'provider',
  traceable: false,
  refusal({ name, bootId }) {
    if (bootId !== undefined) return undefined
    return {
      why: `${name} reports no boot id, so nobody could tell that it has rebooted`,
      change: 'its kubelet reports one',
    }
  },
  done,
  prove: (node, plan, since) => judgeSince(node, plan, since, 'its new boot'),
}

/** The same node comes back with another boot id; a node that goes, or another object of its name, is not the machine. */
function done(attempt: Attempt, view: StepView, operation: OperationView): Step {
  switch (operation.state) {
    case 'not-started':
      return untold(attempt, view, 'the provider no longer knows the operation')
    case 'running':
    case 'unknown':
      if (isOver(attempt, view.now)) return end(attempt, view, 'Failed', `no new boot in time: ${operation.why}`)
      return { kind: 'wait', why: operation.why }
    case 'ended':
      return end(attempt, view, 'Failed', operation.why)
    case 'gone':
      return end(attempt, view, 'Failed', 'the node is gone instead of having rebooted')
    case 'back': {
      const { node } = operation
      if (node.uid !== attempt.nodeUid) return end(attempt, view, 'Failed', `${node.name} is another Node object now`)
      const since = bootSeenAt(attempt, view)
      const until = view.now + joinMsOf(attempt.plan ?? {}) + (attempt.plan?.dwellMs ?? 0)
      return enter(
        { ...attempt, successor: { ...node, since } },
        view,
        'Dwelling',
        `${node.name} has booted anew`,
        until,
      )
    }
  }
}

/** When the watch saw the new boot; now, where it has not yet. */
function bootSeenAt({ call, ...attempt }: Attempt, { snapshot, now }: StepView): number {
  const node = oldNode(attempt, snapshot)
  return node?.bootId !== undefined && node.bootId !== call?.bootId ? (node.rebootedAt ?? now) : now
}
