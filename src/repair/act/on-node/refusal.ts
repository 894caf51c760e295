/** On which nodes no pod can carry an order out. */
import { isReady, type NodeView } from '../../../model/node.ts'

export function refusalOnNode(node: NodeView): { readonly why: string; readonly change: string } | undefined {
  if (!isReady(node)) return { why: `${node.name} is not ready: no pod starts there`, change: 'its kubelet answers' }
  if (node.bootId === undefined) {
    return { why: `${node.name} reports no boot id, for which the order would be`, change: 'its kubelet reports one' }
  }
  return undefined
}
