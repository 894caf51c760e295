/**
 * Cluster API: the owner of a Machine is asked to replace it, in the way in which a MachineHealthCheck asks. A Machine of a
 * control plane is never deleted by us: its KubeadmControlPlane keeps the quorum. docs/adr/0045-machines-are-asked-for.md
 */
import { type KubeObject, nodes } from '../../kube/api.ts'
import { deleteObject, listObjects, patchObject } from '../../kube/objects.ts'
import { rightOn } from '../../kube/rights/right.ts'
import type { NodeView } from '../../model/node.ts'
import type { Clock } from '../../telemetry/clock.ts'
import { asNodeRef, createdAt, readIfThere } from '../objects.ts'
import { onlyAction } from '../only-action.ts'
import type { Actor, Operation, OperationView, ProviderKind, ProviderParts, TargetAnswer } from '../provider.ts'
import { orUnknown, pickSuccessor } from '../successor.ts'
import { timeLeft } from '../time-left.ts'
import { type Connections, machineKey, readFacts, readLink } from './facts.ts'
import { askedText, deletionText, isMarked, refusalOf, wayOf } from './judge.ts'
import { asked, withdrawn } from './mark.ts'
import {
  clusters,
  controlPlanes,
  type Machine,
  type MachineCondition,
  machineDeployments,
  machineHealthChecks,
  machineSets,
  machines,
  readServed,
  type Served,
} from './objects.ts'

const poolLabel = 'node.cluster.x-k8s.io/pool'
/** A MachineSet or MachinePool that becomes smaller takes such a machine first. */
const deleteFirstKey = 'cluster.x-k8s.io/delete-machine'
/** A look is part of a pass over all repairs, which a management cluster that hangs must not hold up. */
const lookMs = 5_000

const unowned = 'no node of Cluster API is replaced: whether its Machine may be is unknown'

export const clusterApi: ProviderKind = {
  can: ['Replace'],
  poolLabel,
  deletes: 'Machine',
  says: 'nodes of Cluster API, on the cluster that has their Machines: their MachineSet or KubeadmControlPlane is asked to replace the Machine, and that of a MachinePool is deleted; not where a MachineHealthCheck watches them',
  rights: [
    rightOn(nodes, ['get', 'list'], 'no node of Cluster API is replaced: its Machine is not found'),
    rightOn(machines('v1beta2'), ['get'], 'no node of Cluster API is replaced: its Machine is not seen'),
    rightOn(machines('v1beta2'), ['patch'], 'no owner of a Machine is asked to replace it', { subresource: 'status' }),
    rightOn(machines('v1beta2'), ['patch', 'delete'], 'no Machine of a MachinePool is replaced'),
    ...[machineSets, machineDeployments, controlPlanes, clusters].map((kind) =>
      rightOn(kind('v1beta2'), ['get'], unowned),
    ),
    rightOn(machineHealthChecks('v1beta2'), ['list'], unowned),
  ],
  make: clusterApiActor,
}

/** One operation on its way. */
interface Turn extends Connections {
  readonly clock: Clock
  readonly operation: Operation
}

function clusterApiActor({ api, clock }: ProviderParts): Actor {
  const connections = { api, management: api }
  const unhurried = { ...connections, left: () => lookMs }
  return {
    target: (node) => findTarget(unhurried, node),
    look: (operation) => orUnknown(() => look(unhurried, operation)),
    async begin(operation, timeoutMs) {
      onlyAction(operation, 'Replace')
      await begin({ ...connections, clock, operation, left: timeLeft(clock, timeoutMs, 'Cluster API') })
    },
    async settle({ target }, timeoutMs) {
      await withdraw({ ...connections, left: timeLeft(clock, timeoutMs, 'Cluster API') }, target)
    },
  }
}

async function findTarget(connections: Connections, node: NodeView): Promise<TargetAnswer> {
  const link = await readLink(connections, node.name)
  if (!link) {
    const why = `Node ${node.name} has no annotation ${machineKey}, so it belongs to no Machine`
    return { kind: 'refused', why, change: 'Cluster API sets it once the Machine has its node' }
  }
  const facts = await readFacts(connections, link)
  if (!facts) {
    const why = `there is no Machine ${link.namespace}/${link.name} on this cluster`
    return { kind: 'refused', why, change: 'the controller runs on the cluster that has the Machines' }
  }
  const { name, uid = '' } = facts.machine.object.metadata
  const target = { kind: 'Machine', namespace: link.namespace, name: name ?? link.name, uid }
  return refusalOf(facts, node) ?? { kind: 'found', target }
}

/** At most one change that ends the machine, and only from what Cluster API says right before it. */
async function begin(turn: Turn): Promise<void> {
  const { operation } = turn
  const { target, nodeName: name, nodeUid: uid } = operation
  const link = await readLink(turn, name)
  if (link?.name !== target.name || link.namespace !== target.namespace) return // gone, or another machine by now
  const facts = await readFacts(turn, link)
  if (facts?.machine.object.metadata.uid !== target.uid) return
  const { machine } = facts
  if (machine.object.metadata.deletionTimestamp !== undefined || isMarked(machine.object)) return // begun, by us or by somebody else
  const refused = refusalOf(facts, { name, uid })
  if (refused) throw new Error(`${refused.why}; needed: ${refused.change}`)
  if (wayOf(facts) === 'mark') await mark(turn, machine)
  else await remove(turn, machine)
}

async function mark(turn: Turn, { object, version }: Served<Machine>): Promise<void> {
  const { clock, operation } = turn
  await writeConditions(turn, { object, version }, asked(object, version, { id: operation.id, now: clock.now() }))
}

/** The list is written whole, so only over the version that was read. Rejects with KubeError. */
async function writeConditions(
  { management, left }: Connections,
  { object, version }: Served<Machine>,
  conditions: readonly MachineCondition[],
): Promise<void> {
  const { uid, resourceVersion } = object.metadata
  const patch = { metadata: { uid, resourceVersion }, status: { conditions } }
  const options = { type: 'merge', subresource: 'status', timeoutMs: left() } as const
  await patchObject(management, machines(version), refOf(object), patch, options)
}

/** The annotation comes first, so that a pool which becomes smaller at this moment gives this machine and no other. */
async function remove({ management, left, operation }: Turn, { object, version }: Served<Machine>): Promise<void> {
  const { uid = '', resourceVersion } = object.metadata
  const patch = { metadata: { uid, resourceVersion, annotations: { [deleteFirstKey]: operation.id } } }
  const options = { type: 'merge', timeoutMs: left() } as const
  const patched = await patchObject<Machine>(management, machines(version), refOf(object), patch, options)
  const seen = patched.metadata.resourceVersion
  const precondition = { uid, ...(seen !== undefined && { resourceVersion: seen }) }
  await deleteObject(management, machines(version), refOf(object), { ...precondition, timeoutMs: left() })
}

function refOf({ metadata: { name = '', namespace = '' } }: KubeObject) {
  return { name, namespace }
}

/** A repair that has ended leaves no question behind: its owner would answer it hours later. */
async function withdraw(connections: Connections, { namespace = '', name, uid }: Operation['target']): Promise<void> {
  const { management, left } = connections
  const machine = await readServed<Machine>(management, machines, { namespace, name, timeoutMs: left() })
  if (machine?.object.metadata.uid !== uid || machine.object.metadata.deletionTimestamp !== undefined) return
  const conditions = withdrawn(machine.object)
  if (conditions) await writeConditions(connections, machine, conditions)
}

async function look({ api, management }: Connections, operation: Operation): Promise<OperationView> {
  const { target } = operation
  const { namespace = '', name } = target
  const machine = await readServed<Machine>(management, machines, { namespace, name, timeoutMs: lookMs })
  if (machine?.object.metadata.uid === target.uid) {
    if (machine.object.metadata.deletionTimestamp !== undefined) {
      return { state: 'running', why: deletionText(machine.object) }
    }
    return isMarked(machine.object) ? { state: 'running', why: askedText(machine.object) } : { state: 'not-started' }
  }
  const node = await readIfThere(api, nodes, operation.nodeName, { timeoutMs: lookMs })
  if (node?.metadata.uid === operation.nodeUid) return { state: 'running', why: 'the Node object is still there' }
  const pool = operation.nodeLabels[poolLabel] ?? ''
  const { items } = await listObjects<KubeObject>(api, nodes, { labelSelector: `${poolLabel}=${pool}` })
  const newcomers = items.map((one) => ({ createdAt: createdAt(one), node: asNodeRef(one) }))
  return { state: 'gone', successor: pickSuccessor(operation, newcomers) }
}
