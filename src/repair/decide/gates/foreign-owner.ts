/** Whether somebody else already acts on the node. */
import { foreignAnnotations, foreignOwner, possibleOwner } from '../foreign.ts'
import { allow, type Gate, refuse } from '../gate.ts'

export const foreign: Gate = {
  name: 'foreign-owner',
  annotations: foreignAnnotations,
  ask({ candidate: { node }, snapshot }) {
    const owner = foreignOwner(node, snapshot)
    if (owner) return refuse(owner, 'they finish, or their mark is removed')
    const possible = possibleOwner(node, snapshot)
    return possible ? refuse(possible.why, possible.change) : allow('nobody else acts on the node')
  },
  cancel: foreignOwner,
}
