/** What a NodemendRemediation asks for: who asks, and about which node. */
import type { KubeObject } from '../../kube/api.ts'
import type { NodeView } from '../../model/node.ts'
import { shownText } from '../../model/shown.ts'
import { machineKey, namespaceKey } from '../../providers/cluster-api/facts.ts'
import { nodeNameKey, timedOutKey } from '../../providers/medik8s/objects.ts'
import type { RemediationCondition } from './schema.ts'

/** A NodemendRemediation of the API. */
export interface RemediationObject extends KubeObject {
  readonly status?: { readonly conditions?: readonly RemediationCondition[] }
}

/** What is kept of a node's annotations to know whose machine it is. */
export const linkAnnotations = [machineKey, namespaceKey]

/** The Machine of Cluster API that a MachineHealthCheck asks about; a NodeHealthCheck names the node itself. */
function machineOf({ metadata }: RemediationObject): string | undefined {
  const { ownerReferences = [], annotations = {} } = metadata
  if (annotations[nodeNameKey] !== undefined) return undefined
  return ownerReferences.find((one) => one.kind === 'Machine' && one.apiVersion.startsWith('cluster.x-k8s.io/'))?.name
}

/** The node that it is about, among `nodes`; undefined where there is none. */
export function nodeOf<N extends Pick<NodeView, 'name' | 'annotations'>>(
  request: RemediationObject,
  nodes: readonly N[],
): N | undefined {
  const machine = machineOf(request)
  if (machine === undefined) return nodes.find(({ name }) => name === nodeNameOf(request))
  const { namespace } = request.metadata
  return nodes.find(({ annotations }) => annotations[machineKey] === machine && annotations[namespaceKey] === namespace)
}

/** The node's name as the request says it: that of a Machine is not the name of its node. */
export function nodeNameOf({ metadata }: RemediationObject): string {
  return metadata.annotations?.[nodeNameKey] ?? metadata.name ?? ''
}

/** True while somebody waits for us: not deleted, and not given up. */
export function isOpen({ metadata }: RemediationObject): boolean {
  return metadata.deletionTimestamp === undefined && metadata.annotations?.[timedOutKey] === undefined
}

/** Reason of the node's condition: who asks, in CamelCase. */
export function askedBy(request: RemediationObject): string {
  if (machineOf(request) !== undefined) return 'MachineHealthCheck'
  const owner = request.metadata.ownerReferences?.find((one) => one.kind === 'NodeHealthCheck')
  return owner ? 'NodeHealthCheck' : 'Requested'
}

/** Names the request, for people. */
export function requestName({ metadata: { namespace = '', name = '' } }: RemediationObject): string {
  return `NodemendRemediation ${shownText(`${namespace}/${name}`)}`
}
