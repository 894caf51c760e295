/**
 * Managed node groups of Amazon EKS: the Auto Scaling group ends an instance and starts another one, EC2 reboots it. AWS
 * answers for the machine, Kubernetes for the Node: a node is gone when both are, and booted when its boot id says so.
 */
import { type Api, type KubeObject, nodes } from '../../kube/api.ts'
import { listObjects } from '../../kube/objects.ts'
import { rightOn } from '../../kube/rights/right.ts'
import type { Intervention } from '../../model/action.ts'
import type { NodeView } from '../../model/node.ts'
import { shownText } from '../../model/shown.ts'
import type { Clock } from '../../telemetry/clock.ts'
import { asNodeRef, createdAt, readIfThere } from '../objects.ts'
import { onlyAction } from '../only-action.ts'
import type { Actor, Operation, OperationView, ProviderKind, ProviderParts, TargetAnswer } from '../provider.ts'
import { lookForBoot } from '../reboot.ts'
import { orUnknown, pickSuccessor } from '../successor.ts'
import type { Change, Cloud, Instance } from './cloud.ts'
import { nextGrowth } from './growth.ts'
import { instanceIdOf, refusalOf, replacementRefusal, stageOf, standsBack, stateText } from './judge.ts'
import type { EksSettings } from './settings.ts'

const poolLabel = 'eks.amazonaws.com/nodegroup'
/** A look is part of a pass over all repairs, which a region that hangs must not hold up. */
const lookMs = 5_000

export const eks: ProviderKind = {
  can: ['Reboot', 'Replace'],
  poolLabel,
  deletes: 'Instance',
  says: 'managed node groups of Amazon EKS: EC2 reboots the instance, or its Auto Scaling group ends it and starts another one; node groups that EKS repairs itself are left alone',
  rights: [
    rightOn(nodes, ['get'], 'no machine of EKS is seen to boot or to go'),
    rightOn(nodes, ['list'], 'no replacement of a machine of EKS is seen to join', { actions: ['Replace'] }),
  ],
  make: eksActor,
}

interface NodeObject extends KubeObject {
  readonly spec?: { readonly providerID?: string }
}

/** One operation under way: what it may ask, and until when. */
interface Turn {
  readonly api: Api
  readonly cloud: Cloud
  readonly operation: Operation
  /** What is left of its time, milliseconds. Throws when none is. */
  left(): number
}

function eksActor({ api, clock, eks: settings }: ProviderParts): Actor {
  return {
    target: (node, action) => target(settings, clock, node, action),
    look: (operation) => orUnknown(() => look(api, settings, operation)),
    async begin(operation, timeoutMs) {
      onlyAction(operation, 'Reboot', 'Replace')
      if (!settings) throw new Error('no --eks-cluster is set')
      const turn = { api, cloud: settings.cloud, operation, left: timeLeft(clock, timeoutMs) }
      if (!(await isAsBefore(turn))) return // gone, or another machine by now
      const instance = await turn.cloud.instance(operation.target.name, turn.left())
      if (stageOf(instance) !== 'alive') return // begun, by us or by somebody else
      const refused = refusalOf(instance, operation.action, clock.now())
      if (refused) throw new Error(`${refused.why}; needed: ${refused.change}`)
      if (operation.action === 'Reboot') await send(turn, { kind: 'reboot', instance: instance.id })
      else await replace(turn, instance, settings.replaceFirst ? clock.now() : undefined)
    },
  }
}

async function target(
  settings: EksSettings | undefined,
  clock: Clock,
  { uid, labels, providerId }: NodeView,
  action: Intervention,
): Promise<TargetAnswer> {
  if (!settings) {
    const why = 'the controller does not know the EKS cluster of this node group'
    return { kind: 'refused', why, change: 'the controller’s flag --eks-cluster' }
  }
  const id = instanceIdOf(providerId)
  if (id === undefined) {
    const why = `its providerID is "${shownText(providerId ?? '')}", and names no instance of EC2`
    return { kind: 'refused', why, change: 'the cloud controller of AWS sets spec.providerID' }
  }
  const { cloud } = settings
  const nodegroup = labels[poolLabel] ?? ''
  const managed = standsBack(nodegroup, await cloud.repairOf(nodegroup, lookMs))
  if (managed) return managed
  const instance = await cloud.instance(id, lookMs)
  const group = instance.group ?? ''
  const refused =
    refusalOf(instance, action, clock.now()) ??
    (action === 'Replace' ? replacementRefusal(await cloud.group(group, lookMs), group) : undefined)
  return refused ?? { kind: 'found', target: { kind: 'Instance', name: id, uid } }
}

/** The Node is the one under repair, and its machine the one that was chosen. Rejects where EKS repairs it by now. */
async function isAsBefore({ api, cloud, operation, left }: Turn): Promise<boolean> {
  const node = await readIfThere<NodeObject>(api, nodes, operation.nodeName)
  if (node?.metadata.uid !== operation.target.uid) return false
  if (instanceIdOf(node.spec?.providerID) !== operation.target.name) return false
  const nodegroup = operation.nodeLabels[poolLabel] ?? ''
  const managed = standsBack(nodegroup, await cloud.repairOf(nodegroup, left()))
  if (managed) throw new Error(`${managed.why}; ${managed.change}`)
  return true
}

/** At most one change that ends the machine, and only from what AWS says right before it. `now`: replace-first. */
async function replace(turn: Turn, { id, group: name = '' }: Instance, now: number | undefined): Promise<void> {
  if (now === undefined) return send(turn, { kind: 'terminate', instance: id, decrement: false })
  const group = await turn.cloud.group(name, turn.left())
  if (!group) throw new Error(`there is no Auto Scaling group ${name}`)
  const next = nextGrowth(group, id, now)
  switch (next.do) {
    case 'wait':
      return
    case 'grow':
      if (group.mark !== next.mark) await send(turn, { kind: 'mark', group: group.name, mark: next.mark })
      return send(turn, { kind: 'resize', group: group.name, desired: next.desired })
    case 'end':
      return send(turn, { kind: 'terminate', instance: id, decrement: next.decrement })
  }
}

function send({ cloud, left }: Turn, change: Change): Promise<void> {
  return cloud.change(change, left())
}

async function look(api: Api, settings: EksSettings | undefined, operation: Operation): Promise<OperationView> {
  if (operation.action === 'Reboot') return lookAtBoot(api, settings, operation)
  if (!settings) return { state: 'unknown', why: 'no --eks-cluster is set' }
  const { cloud } = settings
  const { name: id } = operation.target
  const instance = await cloud.instance(id, lookMs)
  const node = await readIfThere(api, nodes, operation.nodeName)
  const same = node?.metadata.uid === operation.nodeUid
  switch (stageOf(instance)) {
    case 'ended':
      if (same) return { state: 'running', why: `${id} is gone, and the Node object is still there` }
      return { state: 'gone', successor: await successor(api, operation) }
    case 'ending':
      return { state: 'running', why: endingText(id, instance.lifecycle) }
    case 'alive': {
      const { group } = instance
      if (group === undefined) return { state: 'unknown', why: `${id} runs, and belongs to no Auto Scaling group` }
      const activity = await cloud.ending(group, id, lookMs)
      if (activity !== undefined) return { state: 'running', why: shownText(activity) }
      if (same) return { state: 'not-started' }
      return { state: 'unknown', why: `${id} runs, and its Node ${node ? 'is another object now' : 'is gone'}` }
    }
  }
}

/** `Terminating:Wait` is the group's own pause: node groups have a hook that lets EKS empty the node. */
function endingText(id: string, lifecycle = ''): string {
  const waits = lifecycle === 'Terminating:Wait' ? ', which waits for its lifecycle hooks' : ''
  return `the Auto Scaling group is ending ${id}${waits}`
}

/** EC2 knows of no boot: the node itself tells, and EC2 is the second witness while it does not. */
async function lookAtBoot(api: Api, settings: EksSettings | undefined, operation: Operation): Promise<OperationView> {
  const booted = await lookForBoot(api, operation)
  if (booted.state !== 'unknown' || !settings) return booted
  const instance = await settings.cloud.instance(operation.target.name, lookMs)
  return { state: 'unknown', why: `${booted.why}; EC2 says of ${instance.id}: ${stateText(instance)}` }
}

async function successor(api: Api, operation: Operation) {
  const pool = operation.nodeLabels[poolLabel] ?? ''
  const { items } = await listObjects<KubeObject>(api, nodes, { labelSelector: `${poolLabel}=${pool}` })
  return pickSuccessor(
    operation,
    items.map((one) => ({ createdAt: createdAt(one), node: asNodeRef(one) })),
  )
}

/** All calls of one turn share its time, so that it ends before our leadership does. */
function timeLeft(clock: Clock, timeoutMs: number): () => number {
  const until = clock.monotonic() + timeoutMs
  return () => {
    const left = until - clock.monotonic()
    if (left <= 0) throw new Error('AWS took too long to answer, so nothing was sent')
    return left
  }
}
