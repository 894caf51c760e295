/**
 * Karpenter: deleting the NodeClaim makes Karpenter drain what is left, end the machine and then drop its finaliser; its
 * provisioner starts another machine when pods need one. We delete the claim and write nothing else of Karpenter's, so
 * that the pool's own termination grace period applies.
 */
import { type Api, type KubeObject, nodeClaims, nodes, pods } from '../../kube/api.ts'
import { listObjects } from '../../kube/objects.ts'
import { rightOn } from '../../kube/rights/right.ts'
import { type NodeView, selects } from '../../model/node.ts'
import type { Clock } from '../../telemetry/clock.ts'
import { asNodeRef, createdAt, deleteTarget, readIfThere } from '../objects.ts'
import { onlyAction } from '../only-action.ts'
import type {
  Actor,
  Operation,
  OperationView,
  ProviderKind,
  ProviderParts,
  SuccessorSearch,
  TargetAnswer,
} from '../provider.ts'
import { isYoung, newcomersIn, orUnknown, pickSuccessor } from '../successor.ts'

/** A NodeClaim, as far as we read it (karpenter.sh/v1). */
export interface NodeClaim extends KubeObject {
  readonly status?: { readonly providerID?: string; readonly nodeName?: string }
}

const poolLabel = 'karpenter.sh/nodepool'
/** Karpenter has had this long to see that pods wait; when none does by then, the pool needs no new node. */
const provisioningMs = 120_000

export const karpenter: ProviderKind = {
  can: ['Replace'],
  poolLabel,
  deletes: 'NodeClaim',
  drainTaint: 'karpenter.sh/disrupted',
  says: 'nodes of a Karpenter NodePool: it deletes their NodeClaim, and Karpenter ends the machine and starts another one',
  rights: [
    rightOn(nodeClaims, ['get', 'list', 'delete'], 'no node of Karpenter is replaced'),
    rightOn(nodes, ['get'], 'no replacement of a Karpenter node is seen to join'),
    rightOn(pods, ['list'], 'it is not seen that a pool needs no new node'),
  ],
  make: karpenterActor,
}

function karpenterActor({ api, clock }: ProviderParts): Actor {
  return {
    target: (node) => findClaim(api, node),
    look: (operation) => orUnknown(() => look(api, clock, operation)),
    async begin(operation, timeoutMs) {
      onlyAction(operation, 'Replace')
      await deleteTarget(api, nodeClaims, operation.target, timeoutMs)
    },
  }
}

/** Karpenter itself treats none, or more than one, as "no NodeClaim": so do we. */
async function findClaim(api: Api, node: NodeView): Promise<TargetAnswer> {
  const { items } = await listObjects<NodeClaim>(api, nodeClaims)
  const ours = items.filter(({ status }) =>
    node.providerId === undefined ? status?.nodeName === node.name : status?.providerID === node.providerId,
  )
  const [claim] = ours
  if (claim === undefined || ours.length > 1) {
    const why = `${ours.length} NodeClaims name this node, one must`
    return { kind: 'refused', why, change: 'exactly one NodeClaim with the node’s providerID' }
  }
  const { name = '', uid = '', deletionTimestamp } = claim.metadata
  const named = claim.status?.nodeName
  if (named !== undefined && named !== '' && named !== node.name) {
    const why = `NodeClaim ${name} is the machine of node ${named} now, and not of ${node.name}`
    return { kind: 'refused', why, change: `the old Node object ${node.name} is removed` }
  }
  if (deletionTimestamp !== undefined) {
    return {
      kind: 'refused',
      why: `Karpenter is already deleting NodeClaim ${name}`,
      change: 'nothing: it is being replaced',
    }
  }
  return { kind: 'found', target: { kind: 'NodeClaim', name, uid } }
}

async function look(api: Api, clock: Clock, operation: Operation): Promise<OperationView> {
  const { target } = operation
  const claim = await readIfThere<NodeClaim>(api, nodeClaims, target.name)
  if (claim?.metadata.uid === target.uid) {
    if (claim.metadata.deletionTimestamp === undefined) return { state: 'not-started' }
    return { state: 'running', why: `Karpenter is terminating NodeClaim ${target.name}` }
  }
  const node = await readIfThere(api, nodes, operation.nodeName)
  if (node?.metadata.uid === operation.nodeUid) return { state: 'running', why: 'the Node object is still there' }
  return { state: 'gone', successor: await successor(api, clock, operation) }
}

async function successor(api: Api, clock: Clock, operation: Operation): Promise<SuccessorSearch> {
  const pool = operation.nodeLabels[poolLabel] ?? ''
  const { items } = await listObjects<NodeClaim>(api, nodeClaims, { labelSelector: `${poolLabel}=${pool}` })
  const machines = await Promise.all(
    items.map(async (claim) => {
      const startedAt = createdAt(claim)
      const name = isYoung(operation, startedAt) ? claim.status?.nodeName : undefined
      const node = name ? await readIfThere(api, nodes, name) : undefined
      return { createdAt: startedAt, ...(node && { node: asNodeRef(node) }) }
    }),
  )
  const picked = pickSuccessor(operation, machines)
  // A machine that is on its way will join or be given up by Karpenter: until then it has to prove the repair.
  if (picked.kind === 'found' || newcomersIn(operation, machines).length > 0) return picked
  if (clock.now() - operation.committedAt < provisioningMs) return picked
  const waiting = await listObjects<PendingPod>(api, pods, { fieldSelector: 'spec.nodeName=,status.phase=Pending' })
  if (waiting.items.some((pod) => mayComeFrom(operation, pod))) return picked
  return { kind: 'not-needed', why: 'no pod of the old node waits, so Karpenter has no reason to start another one' }
}

/** A Pod that waits, as far as it says why. */
interface PendingPod extends KubeObject {
  readonly spec?: {
    readonly nodeSelector?: Readonly<Record<string, string>>
    readonly schedulingGates?: readonly unknown[]
  }
}

/** True when a pod that waits may have left the old node: one that waited before, or cannot run in its pool, says nothing. */
function mayComeFrom(operation: Operation, pod: PendingPod): boolean {
  const { nodeSelector = {}, schedulingGates = [] } = pod.spec ?? {}
  if (pod.metadata.deletionTimestamp !== undefined || schedulingGates.length > 0) return false
  return isYoung(operation, createdAt(pod)) && selects(nodeSelector, operation.nodeLabels)
}
