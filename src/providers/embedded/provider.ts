/**
 * The modelled node group of the embedded API server: deleting the Node object ends the machine, and the group, which
 * keeps its size, starts another one. A reboot of such a machine is a new boot id in its status.
 */
import { type Api, type KubeObject, nodes } from '../../kube/api.ts'
import { listObjects, patchObject } from '../../kube/objects.ts'
import { rightOn } from '../../kube/rights/right.ts'
import type { NodeView } from '../../model/node.ts'
import type { Clock } from '../../telemetry/clock.ts'
import { asNodeRef, createdAt, deleteTarget, readIfThere } from '../objects.ts'
import { onlyAction } from '../only-action.ts'
import type { Actor, Operation, OperationView, ProviderKind, ProviderParts, TargetAnswer } from '../provider.ts'
import { lookForBoot } from '../reboot.ts'
import { orUnknown, pickSuccessor } from '../successor.ts'

const poolLabel = 'nodemend.dev/node-group'
/** Modelled machines have provider ids of this form; the Node of a living machine has another one. */
const modelledId = /^embedded:\/\//

/** What a modelled machine's power is, `on` or `off`; absent: nobody knows. */
const powerAnnotation = 'embedded.nodemend.dev/power'

/** The flag of `nodemend controller` that lets the provider delete the Nodes of other machines. */
export const anyNodeFlag = '--allow-embedded-on-a-real-cluster'

export const embedded: ProviderKind = {
  can: ['Reboot', 'Replace'],
  poolLabel,
  deletes: 'Node',
  says: 'the modelled machines of the demo and of tests: it deletes Node objects, and real machines do not come back from that',
  rights: [
    rightOn(nodes, ['get'], 'no modelled machine is seen to come back'),
    rightOn(nodes, ['list', 'delete'], 'no modelled machine is replaced', { actions: ['Replace'] }),
    rightOn(nodes, ['patch'], 'no modelled machine is rebooted', { subresource: 'status', actions: ['Reboot'] }),
  ],
  make: embeddedActor,
}

function embeddedActor({ api, clock, embedded: settings }: ProviderParts): Actor {
  return {
    async target(node, action) {
      return targetOf(node, action === 'Replace' && (settings?.anyNode ?? false))
    },
    async power({ name, uid }) {
      const node = await readIfThere(api, nodes, name)
      const said = node?.metadata.uid === uid ? node.metadata.annotations?.[powerAnnotation] : undefined
      if (said === 'off') return { state: 'off', why: 'the modelled machine has no power' }
      return said === 'on'
        ? { state: 'runs', why: 'the modelled machine has power' }
        : { state: 'unknown', why: 'nobody says whether the modelled machine has power' }
    },
    look: (operation) => orUnknown(() => (operation.action === 'Reboot' ? lookForBoot : look)(api, operation)),
    async begin(operation, timeoutMs) {
      onlyAction(operation, 'Reboot', 'Replace')
      if (operation.action === 'Reboot') await boot(api, clock, operation, timeoutMs)
      else await deleteTarget(api, nodes, operation.target, timeoutMs)
    },
  }
}

/** Nothing brings a real machine back whose Node object was deleted. */
function targetOf({ name, uid, providerId = '' }: NodeView, anyNode: boolean): TargetAnswer {
  if (!anyNode && !modelledId.test(providerId)) {
    const why = `provider embedded is for modelled machines, and ${name} is none (its providerID is "${providerId}")`
    return { kind: 'refused', why, change: `another provider, or the controller’s flag ${anyNodeFlag}` }
  }
  return { kind: 'found', target: { kind: 'Node', name, uid } }
}

/** The boot id follows from the operation: sent twice, the machine boots once. Its kubelet reports it ready afterwards. */
async function boot(api: Api, clock: Clock, operation: Operation, timeoutMs: number): Promise<void> {
  const { id, target, committedAt } = operation
  const ready = { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'the modelled machine has booted' }
  const conditions = [{ ...ready, lastHeartbeatTime: new Date(clock.now()).toISOString() }]
  const status = { nodeInfo: { bootID: `${id}-${committedAt}` }, conditions }
  const patch = { metadata: { uid: target.uid }, status }
  await patchObject(api, nodes, { name: target.name }, patch, { type: 'strategic', subresource: 'status', timeoutMs })
}

async function look(api: Api, operation: Operation): Promise<OperationView> {
  const node = await readIfThere(api, nodes, operation.target.name)
  if (node?.metadata.uid === operation.target.uid) {
    if (node.metadata.deletionTimestamp === undefined) return { state: 'not-started' }
    return { state: 'running', why: `node ${operation.target.name} is being deleted` }
  }
  const group = operation.nodeLabels[poolLabel] ?? ''
  const { items } = await listObjects<KubeObject>(api, nodes, { labelSelector: `${poolLabel}=${group}` })
  const newcomers = items.map((one) => ({ createdAt: createdAt(one), node: asNodeRef(one) }))
  return { state: 'gone', successor: pickSuccessor(operation, newcomers) }
}
