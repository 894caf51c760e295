/** Whether another node takes pods: the last one that does is never drained. */
import { isReady, type NodeView } from '../../../model/node.ts'
import { allow, type Gate, refuse } from '../gate.ts'

export const lastNode: Gate = {
  name: 'last-node',
  ask({ candidate, snapshot, admitted }) {
    const leaving = new Set(admitted.filter((one) => one.acting).map((one) => one.candidate.node.uid))
    const others = snapshot.nodes.some(
      (node) => node.uid !== candidate.node.uid && !leaving.has(node.uid) && takesPods(node),
    )
    return others
      ? allow('other nodes take pods')
      : refuse('no other node of the cluster is ready and takes pods', 'another node becomes ready and schedulable')
  },
}

function takesPods(node: NodeView): boolean {
  if (node.deleting || node.unschedulable || !isReady(node)) return false
  return !node.taints.some((taint) => taint.effect !== 'PreferNoSchedule')
}
