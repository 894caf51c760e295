/** The rights of `nodemend clean-up`. A call that it makes without one in this list fails the tests. */
import { leases, nodeHealths, nodeRepairs, nodes, pods, type Resource } from '../../kube/api.ts'
import { type Right, rightOn } from '../../kube/rights/right.ts'
import { deployments } from '../../repair/observe/karpenter-repair.ts'

export const daemonSets: Resource = {
  group: 'apps',
  version: 'v1',
  plural: 'daemonsets',
  kind: 'DaemonSet',
  namespaced: true,
}

/** What it must be allowed to do where agent and controller run in `namespace`. */
export function cleanUpRights(namespace: string): readonly Right[] {
  const ended = 'the programs go on, and write again what was removed'
  return [
    rightOn(nodes, ['list', 'get', 'patch'], 'taints and acknowledgements stay on the nodes'),
    rightOn(nodes, ['patch'], 'conditions stay on the nodes', { subresource: 'status' }),
    rightOn(nodeRepairs, ['list', 'get', 'patch', 'delete'], 'finalisers stay on NodeRepairs'),
    rightOn(nodeHealths, ['list', 'delete'], 'the NodeHealths stay until their nodes go'),
    rightOn(leases, ['patch', 'delete'], 'a repair may begin meanwhile', { namespace }),
    rightOn(daemonSets, ['list', 'delete'], ended, { namespace }),
    rightOn(deployments, ['list', 'delete'], ended, { namespace }),
    rightOn(pods, ['list'], 'it is not seen when the programs have ended', { namespace }),
  ]
}
