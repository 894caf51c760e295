/** Did it help? A node proves a repair by staying ready, without the fault, for the dwell time. */
import { conditionTypes } from '../../model/condition.ts'
import { conditionOf, isReady, type NodeView } from '../../model/node.ts'
import type { Plan } from '../../model/repair.ts'

export type Health =
  | { readonly kind: 'healthy'; readonly why: string }
  /** Not a proof now; may become one. */
  | { readonly kind: 'not-yet'; readonly why: string }
  /** The same fault again: the action did not help. */
  | { readonly kind: 'same-fault'; readonly why: string }
  | { readonly kind: 'gone'; readonly why: string }

/**
 * Judges `node` by all that its conditions say: right for a Node object that is younger than the action. For the Node object
 * of before, `judgeSince` says `same-node`, which only changes the words.
 */
export function judgeHealth(node: NodeView, plan: Plan, which: 'replacement' | 'same-node' = 'replacement'): Health {
  const again = conditionOf(node, plan.condition)
  if (again?.status === plan.status && plan.condition !== 'Ready') {
    const fault = `${again.type}=${again.status} (${again.reason})`
    const why = which === 'same-node' ? `${node.name} still has ${fault}` : `${node.name} has ${fault} as well`
    return { kind: 'same-fault', why }
  }
  if (!isReady(node)) return { kind: 'not-yet', why: `${node.name} is not ready` }
  const bad = conditionTypes.filter((type) => conditionOf(node, type)?.status === 'False')
  if (bad.length > 0) return { kind: 'not-yet', why: `${node.name} has ${bad.join(', ')} False` }
  return { kind: 'healthy', why: `${node.name} is ready and free of faults` }
}
