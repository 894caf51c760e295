/** The rights of the agent. A call that it makes without one in this list fails the tests. */
import { events, nodeHealths, nodes } from '../../kube/api.ts'
import { type Right, rightOn } from '../../kube/rights/right.ts'

export const agentRights: readonly Right[] = [
  rightOn(nodes, ['patch'], 'no condition of the node is reported', { subresource: 'status' }),
  rightOn(events, ['create', 'patch'], 'no finding becomes an Event of the node', {
    namespace: 'default',
    optional: true,
  }),
  rightOn(nodeHealths, ['create', 'patch'], 'the node has no NodeHealth: no identity of devices, no inventory', {
    optional: true,
  }),
]
