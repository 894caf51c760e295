/** Whether somebody else already acts on the node. */
import { foreignAnnotations, foreignOwner } from '../foreign.ts'
import { allow, type Gate, refuse } from '../gate.ts'

export const foreign: Gate = {
  name: 'foreign-owner',
  annotations: foreignAnnotations,
  ask({ candidate: { node }, snapshot }) {
    const owner = foreignOwner(node, snapshot)
    return owner ? refuse(owner, 'they finish, or their mark is removed') : allow('nobody else acts on the node')
  },
  cancel: foreignOwner,
}
