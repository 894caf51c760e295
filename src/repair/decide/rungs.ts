/** Which rungs of a ladder can help a node: what a pod on the node does needs a kubelet, and a reason that it is for. */
import { type Action, isOnNode, type Rung } from '../../model/action.ts'
import { type ClusterSnapshot, isReady, type NodeView } from '../../model/node.ts'

/** The facts about the reasons that rungs are judged by. */
type Known = Pick<ClusterSnapshot, 'suggestions'>

/** Why `action` cannot help against `reason` on `node`, and what would change that; undefined where it may. */
export function unfitFor(
  action: Action,
  node: NodeView,
  reason: string,
  { suggestions }: Known,
): { readonly why: string; readonly change: string } | undefined {
  if (!isOnNode(action)) return undefined
  if (!isReady(node)) {
    return { why: `${node.name} is not ready: no pod can carry out ${action} there`, change: 'its kubelet answers' }
  }
  const suggestion = suggestions?.get(reason)
  if (action === 'RestartService' ? suggestion?.service !== undefined : suggestion?.remedy === action) return undefined
  const change = `a ladder with another action for ${reason}`
  return action === 'RestartService'
    ? { why: `the catalogue names no service to restart for ${reason}`, change }
    : { why: `the catalogue does not suggest ${action} for ${reason}`, change }
}

/** The rungs that can help, in their order; all of them where none can, so that a gate says why. */
export function usableRungs(ladder: readonly Rung[], node: NodeView, reason: string, known: Known): readonly Rung[] {
  const usable = ladder.filter(({ action }) => unfitFor(action, node, reason, known) === undefined)
  return usable.length > 0 ? usable : ladder
}
