/** What follows a pod on the node: the same node proves the repair, without a new boot. */
import type { Attempt } from '../../../model/repair.ts'
import type { OperationView } from '../../../providers/provider.ts'
import { end, enter, isOver, joinMsOf, type Step, type StepView, untold } from '../../attempt/transition.ts'

/** The step after the order was given; `done` names what has been done, in words that follow the node's name. */
export function afterOrder(attempt: Attempt, view: StepView, operation: OperationView, done: string): Step {
  switch (operation.state) {
    case 'not-started':
      return untold(attempt, view, 'the order is on record, and no pod shows that it was given')
    case 'running':
    case 'unknown':
      if (isOver(attempt, view.now)) return end(attempt, view, 'Failed', `no answer in time: ${operation.why}`)
      return { kind: 'wait', why: operation.why }
    case 'gone':
      return end(attempt, view, 'Failed', 'the node is gone')
    case 'back':
      return end(attempt, view, 'Failed', `${operation.node.name} booted anew instead`)
    case 'ended': {
      const { outcome, why } = operation
      if (outcome === 'refused') return end(attempt, view, 'Failed', `refused on the node, nothing was touched: ${why}`)
      if (outcome === 'failed') return end(attempt, view, 'Failed', why)
      const { nodeName: name, nodeUid: uid, plan } = attempt
      const until = view.now + joinMsOf(plan ?? {}) + (plan?.dwellMs ?? 0)
      const successor = { name, uid, since: view.now }
      return enter({ ...attempt, successor }, view, 'Dwelling', `${name} ${done}: ${why}`, until)
    }
  }
}
