/** What became of a reboot, for providers whose call leaves no trace: the Node object alone can tell. */
import { type Api, type KubeObject, nodes } from '../kube/api.ts'
import { asNodeRef, readIfThere } from './objects.ts'
import type { Operation, OperationView } from './provider.ts'

interface BootedNode extends KubeObject {
  readonly status?: { readonly nodeInfo?: { readonly bootID?: string } }
}

/**
 * `back` once the same Node has another boot id than the one on record; never before the call is on record. Rejects with
 * KubeError: `orUnknown` makes an answer of that.
 */
export async function lookForBoot(api: Api, { bootId, nodeName, nodeUid }: Operation): Promise<OperationView> {
  if (bootId === undefined) return { state: 'not-started' }
  const node = await readIfThere<BootedNode>(api, nodes, nodeName)
  if (node?.metadata.uid !== nodeUid) {
    return { state: 'unknown', why: `the Node ${nodeName} ${node ? 'is another object now' : 'is gone'}` }
  }
  const now = node.status?.nodeInfo?.bootID
  if (now === undefined || now === bootId) return { state: 'unknown', why: `${nodeName} still has boot id ${bootId}` }
  return { state: 'back', node: asNodeRef(node) }
}
