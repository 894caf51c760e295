/** Nodes of the API as contract sites read and change them. */
import { type Api, type KubeObject, nodes } from '../../kube/api.ts'
import { createObject, deleteObject, listObjects } from '../../kube/objects.ts'

export interface SiteNode extends KubeObject {
  readonly spec?: { readonly providerID?: string }
  readonly status?: { readonly nodeInfo?: { readonly bootID?: string } }
}

export async function listNodes(api: Api): Promise<readonly SiteNode[]> {
  return (await listObjects<SiteNode>(api, nodes)).items
}

/** The node as a contract site tells of it. */
export function siteNode({ metadata, spec, status }: SiteNode) {
  const { name = '', uid = '', labels = {} } = metadata
  const providerId = spec?.providerID
  const bootId = status?.nodeInfo?.bootID
  return { name, uid, labels, ...(providerId !== undefined && { providerId }), ...(bootId !== undefined && { bootId }) }
}

/** Deletes the node and makes another Node object of the same name and labels. */
export async function swapNode(api: Api, { metadata, spec }: SiteNode): Promise<void> {
  const { name = '', labels = {} } = metadata
  await deleteObject(api, nodes, { name })
  await createObject<KubeObject>(api, nodes, { metadata: { name, labels }, spec } as KubeObject)
}
