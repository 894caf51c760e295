/**
 * The modelled node group of the embedded API server: deleting the Node object ends the machine, and the group, which
 * keeps its size, starts another one.
 */
import { type Api, type KubeObject, nodes } from '../../kube/api.ts'
import { listObjects } from '../../kube/objects.ts'
import { poolLabels } from '../../model/repair.ts'
import { asReplacement, createdAt, deleteTarget, readIfThere } from '../objects.ts'
import type { Operation, OperationView, Provider, ProviderParts } from '../provider.ts'
import { orUnknown, pickSuccessor } from '../successor.ts'

const poolLabel = poolLabels.embedded

/** A provider for nodes of a modelled group. */
export function embeddedProvider({ api }: ProviderParts): Provider {
  return {
    name: 'embedded',
    owns: (node) => node.labels[poolLabel] !== undefined,
    async target(node) {
      return { kind: 'found', target: { kind: 'Node', name: node.name, uid: node.uid } }
    },
    look: (operation) => orUnknown(() => look(api, operation)),
    replace: ({ target }, timeoutMs) => deleteTarget(api, nodes, target, timeoutMs),
  }
}

async function look(api: Api, operation: Operation): Promise<OperationView> {
  const node = await readIfThere(api, nodes, operation.target.name)
  if (node?.metadata.uid === operation.target.uid) {
    if (node.metadata.deletionTimestamp === undefined) return { state: 'not-started' }
    return { state: 'running', why: `node ${operation.target.name} is being deleted` }
  }
  const group = operation.nodeLabels[poolLabel] ?? ''
  const { items } = await listObjects<KubeObject>(api, nodes, { labelSelector: `${poolLabel}=${group}` })
  const newcomers = items.map((one) => ({ createdAt: createdAt(one), node: asReplacement(one) }))
  return { state: 'gone', successor: pickSuccessor(operation, newcomers) }
}
