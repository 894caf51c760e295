/** Control-plane nodes carry quorum: never touched. */
import { allow, type Gate, refuse } from '../gate.ts'

const labels = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'] as const

export const controlPlane: Gate = {
  name: 'control-plane',
  ask({ candidate: { node } }) {
    const label = labels.find((key) => node.labels[key] !== undefined)
    return label
      ? refuse(`it is a control-plane node (label ${label})`, 'repair control-plane nodes by hand')
      : allow('not a control-plane node')
  },
}
