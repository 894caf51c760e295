/**
 * The modelled node group of the embedded API server: deleting the Node object ends the machine, and the group, which
 * keeps its size, starts another one.
 */
import { type Api, type KubeObject, nodes } from '../../kube/api.ts'
import { isKubeError } from '../../kube/errors.ts'
import { deleteObject, getObject, listObjects } from '../../kube/objects.ts'
import { poolLabels } from '../../model/repair.ts'
import type { Operation, OperationView, Provider } from '../provider.ts'
import { orUnknown, pickSuccessor } from '../successor.ts'

const poolLabel = poolLabels.embedded

/** A provider for nodes of a modelled group. */
export function embeddedProvider(api: Api): Provider {
  return {
    name: 'embedded',
    owns: (node) => node.labels[poolLabel] !== undefined,
    async target(node) {
      return { kind: 'found', target: { kind: 'Node', name: node.name, uid: node.uid } }
    },
    look: (operation) => orUnknown(() => look(api, operation)),
    async replace({ target }, timeoutMs) {
      try {
        await deleteObject(api, nodes, { name: target.name }, { uid: target.uid, timeoutMs })
      } catch (error) {
        if (!isKubeError(error, 'NM_KUBE_NOT_FOUND', 'NM_KUBE_CONFLICT')) throw error // gone, or another one by now
      }
    },
  }
}

async function look(api: Api, operation: Operation): Promise<OperationView> {
  const node = await read(api, operation.target.name)
  if (node?.metadata.uid === operation.target.uid) {
    if (node.metadata.deletionTimestamp === undefined) return { state: 'not-started' }
    return { state: 'running', why: `node ${operation.target.name} is being deleted` }
  }
  const group = operation.nodeLabels[poolLabel] ?? ''
  const { items } = await listObjects<KubeObject>(api, nodes, { labelSelector: `${poolLabel}=${group}` })
  const newcomers = items.map(({ metadata }) => ({
    createdAt: Date.parse(metadata.creationTimestamp ?? ''),
    node: { name: metadata.name ?? '', uid: metadata.uid ?? '' },
  }))
  return { state: 'gone', successor: pickSuccessor(operation, newcomers) }
}

async function read(api: Api, name: string): Promise<KubeObject | undefined> {
  try {
    return await getObject(api, nodes, { name })
  } catch (error) {
    if (isKubeError(error, 'NM_KUBE_NOT_FOUND')) return undefined
    throw error
  }
}
