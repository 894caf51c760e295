/** Control-plane nodes carry quorum: never touched. */
import type { NodeView } from '../../../model/node.ts'
import { allow, type Gate, refuse } from '../gate.ts'

const labels = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'] as const

export const controlPlane: Gate = {
  name: 'control-plane',
  ask({ candidate: { node } }) {
    const why = roleOf(node)
    return why ? refuse(why, 'repair control-plane nodes by hand') : allow('not a control-plane node')
  },
  cancel: roleOf,
}

function roleOf(node: NodeView): string | undefined {
  const label = labels.find((key) => node.labels[key] !== undefined)
  return label && `it is a control-plane node (label ${label})`
}
