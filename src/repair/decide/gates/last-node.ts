/** Whether another node takes this node's pods: the last one that does is never drained. */
import { allow, type Gate, refuse } from '../gate.ts'

export const lastNode: Gate = {
  name: 'last-node',
  ask({ candidate, index, admitted }) {
    if (candidate.standing.action === 'RestartService') return allow('no pod leaves the node')
    const leaving = new Set(admitted.filter((one) => one.acting).map((one) => one.candidate.node.uid))
    return index.isTakenOver(candidate.node, leaving)
      ? allow('other nodes take its pods')
      : refuse('no other node of the cluster is ready and takes its pods', 'another node becomes ready and schedulable')
  },
}
