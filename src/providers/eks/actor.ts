/**
 * Instances of Auto Scaling groups: the group ends an instance and starts another one, EC2 reboots it. AWS answers for the
 * machine, Kubernetes for the Node: a node is gone when both are, and booted when its boot id says so.
 */
import { type Api, type KubeObject, nodes } from '../../kube/api.ts'
import { listObjects } from '../../kube/objects.ts'
import type { Intervention } from '../../model/action.ts'
import type { NodeView } from '../../model/node.ts'
import { shownText } from '../../model/shown.ts'
import type { Clock } from '../../telemetry/clock.ts'
import { asNodeRef, createdAt, readIfThere } from '../objects.ts'
import { onlyAction } from '../only-action.ts'
import type { Actor, Operation, OperationView, SuccessorSearch, TargetAnswer } from '../provider.ts'
import { lookForBoot } from '../reboot.ts'
import { orUnknown, pickSuccessor } from '../successor.ts'
import { timeLeft } from '../time-left.ts'
import type { Change, Cloud, Instance } from './cloud.ts'
import { nextGrowth } from './growth.ts'
import { instanceIdOf, nodegroupRefusal, powerOf, refusalOf, replacementRefusal, stageOf, stateText } from './judge.ts'
import type { AwsSettings } from './settings.ts'

/** A look is part of a pass over all repairs, which a region that hangs must not hold up. */
const lookMs = 5_000

/** Whose machines an actor cares for, and by what means. */
export interface GroupParts {
  readonly api: Api
  readonly clock: Clock
  /** Absent in programs that only look. */
  readonly settings: AwsSettings | undefined
  /** The label by which it knows its nodes. */
  readonly poolLabel: string
  /** EKS keeps the groups, and is asked what it does with them. */
  readonly managed: boolean
  /** The flag of `nodemend controller` that sets it up. */
  readonly flag: string
}

interface NodeObject extends KubeObject {
  readonly spec?: { readonly providerID?: string }
}

/** One operation under way: what it may ask, and until when. */
interface Turn extends GroupParts {
  readonly cloud: Cloud
  readonly operation: Operation
  /** What is left of its time, milliseconds. Throws when none is. */
  left(): number
}

export function groupActor(parts: GroupParts): Actor {
  const { clock, settings, flag } = parts
  return {
    target: (node, action) => target(parts, node, action),
    look: (operation) => orUnknown(() => look(parts, operation)),
    async begin(operation, timeoutMs) {
      onlyAction(operation, 'Reboot', 'Replace')
      if (!settings) throw new Error(`the controller runs without ${flag}`)
      const { cloud, replaceFirst } = settings
      const turn: Turn = { ...parts, cloud, operation, left: timeLeft(clock, timeoutMs, 'AWS') }
      if (!(await isAsBefore(turn))) return // gone, or another machine by now
      const instance = await cloud.instance(operation.target.name, turn.left())
      if (stageOf(instance) !== 'alive') return // begun, by us or by somebody else
      const refused = refusalOf(instance, operation.action, clock.now())
      if (refused) throw new Error(`${refused.why}; needed: ${refused.change}`)
      if (operation.action === 'Reboot') await send(turn, { kind: 'reboot', instance: instance.id })
      else await replace(turn, instance, replaceFirst)
    },
    async power({ providerId }) {
      const id = instanceIdOf(providerId)
      if (!settings || id === undefined) return { state: 'unknown', why: 'EC2 cannot be asked about the machine' }
      return powerOf(await settings.cloud.instance(id, lookMs))
    },
  }
}

async function target(
  { clock, settings, poolLabel, managed, flag }: GroupParts,
  { uid, labels, providerId }: NodeView,
  action: Intervention,
): Promise<TargetAnswer> {
  if (!settings) {
    return {
      kind: 'refused',
      why: 'the controller does not know how to reach AWS',
      change: `the controller’s flag ${flag}`,
    }
  }
  const id = instanceIdOf(providerId)
  if (id === undefined) {
    const why = `its providerID is "${shownText(providerId ?? '')}", and names no instance of EC2`
    return { kind: 'refused', why, change: 'the cloud controller of AWS sets spec.providerID' }
  }
  const { cloud } = settings
  const pool = labels[poolLabel] ?? ''
  const held = managed ? nodegroupRefusal(pool, await cloud.nodegroup(pool, lookMs), action) : undefined
  if (held) return held
  const instance = await cloud.instance(id, lookMs)
  const group = instance.group ?? ''
  const refused =
    refusalOf(instance, action, clock.now()) ??
    (action === 'Replace' ? replacementRefusal(await cloud.group(group, lookMs), group) : undefined)
  return refused ?? { kind: 'found', target: { kind: 'Instance', name: id, uid } }
}

/** The Node is the one under repair, and its machine the one that was chosen. Rejects where EKS works on its group by now. */
async function isAsBefore({ api, cloud, managed, operation, poolLabel, left }: Turn): Promise<boolean> {
  const node = await readIfThere<NodeObject>(api, nodes, operation.nodeName)
  if (node?.metadata.uid !== operation.target.uid) return false
  if (instanceIdOf(node.spec?.providerID) !== operation.target.name) return false
  if (!managed) return true
  const pool = operation.nodeLabels[poolLabel] ?? ''
  const held = nodegroupRefusal(pool, await cloud.nodegroup(pool, left()), operation.action)
  if (held) throw new Error(`${held.why}; needed: ${held.change}`)
  return true
}

/** At most one change that ends the machine, and only from what AWS says right before it. */
async function replace(turn: Turn, { id, group: name = '' }: Instance, replaceFirst: boolean): Promise<void> {
  if (!replaceFirst) return send(turn, { kind: 'terminate', instance: id, decrement: false })
  const group = await turn.cloud.group(name, turn.left())
  if (!group) throw new Error(`there is no Auto Scaling group ${name}`)
  const next = nextGrowth(group, id, turn.clock.now())
  switch (next.do) {
    case 'wait':
      return
    case 'grow':
      if (group.mark !== next.mark) await send(turn, { kind: 'mark', group: name, mark: next.mark })
      return send(turn, { kind: 'resize', group: name, desired: next.desired })
    case 'end':
      return send(turn, { kind: 'terminate', instance: id, decrement: next.decrement })
  }
}

function send({ cloud, left }: Turn, change: Change): Promise<void> {
  return cloud.change(change, left())
}

async function look(parts: GroupParts, operation: Operation): Promise<OperationView> {
  const { api, settings, flag } = parts
  if (operation.action === 'Reboot') return lookAtBoot(parts, operation)
  if (!settings) return { state: 'unknown', why: `the controller runs without ${flag}` }
  const { cloud } = settings
  const { name: id } = operation.target
  const instance = await cloud.instance(id, lookMs)
  const node = await readIfThere(api, nodes, operation.nodeName)
  const same = node?.metadata.uid === operation.nodeUid
  switch (stageOf(instance)) {
    case 'ended':
      if (same) return { state: 'running', why: `${id} is gone, and the Node object is still there` }
      return { state: 'gone', successor: await successor(parts, operation) }
    case 'ending':
      return { state: 'running', why: endingText(instance) }
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

/** `Terminating:Wait` is the group's own pause: node groups of EKS have a hook in which EKS empties the node. */
function endingText({ id, lifecycle = '' }: Instance): string {
  const waits = lifecycle === 'Terminating:Wait' ? ', which waits for its lifecycle hooks' : ''
  return `the Auto Scaling group is ending ${id}${waits}`
}

/** EC2 knows of no boot: the node itself tells, and EC2 is the second witness while it does not. */
async function lookAtBoot({ api, settings }: GroupParts, operation: Operation): Promise<OperationView> {
  const booted = await lookForBoot(api, operation)
  if (booted.state !== 'unknown' || !settings) return booted
  const instance = await settings.cloud.instance(operation.target.name, lookMs)
  return { state: 'unknown', why: `${booted.why}; EC2 says of ${instance.id}: ${stateText(instance)}` }
}

async function successor({ api, poolLabel }: GroupParts, operation: Operation): Promise<SuccessorSearch> {
  const pool = operation.nodeLabels[poolLabel] ?? ''
  const { items } = await listObjects<KubeObject>(api, nodes, { labelSelector: `${poolLabel}=${pool}` })
  const newcomers = items.map((one) => ({ createdAt: createdAt(one), node: asNodeRef(one) }))
  return pickSuccessor(operation, newcomers)
}
