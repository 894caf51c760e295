/**
 * Whether the machine behind the node is this node's own: an old Node object and the new one of the same machine share a providerID,
 * and what is done to the machine happens to the living one.
 */
import type { ClaimView, NodeView } from '../../../model/node.ts'
import { allow, type Gate, refuse } from '../gate.ts'

export const identity: Gate = {
  name: 'identity',
  ask({ candidate: { node }, index }) {
    const trouble = doubtOf(node, index.sharingMachine(node), index.claimsOf(node))
    return trouble === undefined
      ? allow('no other node shares its machine')
      : refuse(trouble, 'one Node object is left for this machine: delete the old one')
  },
  cancel(node, { nodes, claims }) {
    if (node.providerId === undefined) return undefined
    const shares = ({ providerId }: { readonly providerId?: string }): boolean => providerId === node.providerId
    return doubtOf(node, nodes.filter(shares), claims.filter(shares))
  },
}

/** Why it is in doubt that the machine is this node's; `sharing` and `claims` have its providerID. */
function doubtOf(node: NodeView, sharing: readonly NodeView[], claims: readonly ClaimView[]): string | undefined {
  const named = claims.flatMap(({ name, nodeName }) => (nodeName ? [{ name, nodeName }] : []))
  const other = named.find(({ nodeName }) => nodeName !== node.name)
  if (other) {
    return `its machine ${node.providerId ?? ''} is that of node ${other.nodeName} now (NodeClaim ${other.name}), and not of ${node.name}`
  }
  if (named.length > 0) return undefined
  const others = sharing.filter(({ uid }) => uid !== node.uid).map(({ name }) => name)
  if (others.length === 0) return undefined
  return `nodes ${[node.name, ...others].sort().join(' and ')} share the providerID ${node.providerId ?? ''}`
}
