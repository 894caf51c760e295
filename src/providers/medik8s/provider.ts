/**
 * medik8s: a remediator acts on a node as long as an object of its kind with the node's name is there. We create that object from
 * a template, as a NodeHealthCheck does, wait, and delete it when the node is back. docs/adr/0046-remediation-in-both-roles.md
 */
import { type Api, type KubeObject, leases, nodes } from '../../kube/api.ts'
import { isKubeError } from '../../kube/errors.ts'
import { createObject, deleteObject, listObjects, patchObject } from '../../kube/objects.ts'
import { type Right, rightOn } from '../../kube/rights/right.ts'
import type { Intervention } from '../../model/action.ts'
import type { NodeView } from '../../model/node.ts'
import type { Clock } from '../../telemetry/clock.ts'
import { asNodeRef, createdAt, readIfThere } from '../objects.ts'
import { onlyAction } from '../only-action.ts'
import type { Actor, Operation, OperationView, ProviderKind, ProviderParts, TargetAnswer } from '../provider.ts'
import { lookForBoot } from '../reboot.ts'
import { orUnknown, pickSuccessor } from '../successor.ts'
import { timeLeft } from '../time-left.ts'
import { giveLease, heldBy, leaseNamespace, takeLease } from './lease.ts'
import {
  type FoundRequest,
  hasSucceeded,
  listServed,
  nodeNameKey,
  type Remediator,
  type Request,
  remediators,
  repairKey,
  requestsFor,
  requestText,
  type Template,
  templateNameKey,
  timedOutKey,
} from './objects.ts'

/** On the Node and on the template for it. */
const poolLabel = 'nodemend.dev/medik8s-pool'
/** A look is part of a pass over all repairs. */
const lookMs = 5_000

export const medik8s: ProviderKind = {
  can: ['Reboot', 'Replace'],
  poolLabel,
  says: 'nodes with an operator of medik8s: SelfNodeRemediation or FenceAgentsRemediation reboots the machine, MachineDeletionRemediation replaces it, as the template with the label of the pool says',
  rights: [
    rightOn(nodes, ['get'], 'no node of medik8s is seen to boot or to go'),
    rightOn(nodes, ['list'], 'no replacement of a node of medik8s is seen to join', { actions: ['Replace'] }),
    ...remediators.flatMap(rightsOn),
    rightOn(leases, ['get', 'create', 'delete'], 'no node of medik8s is repaired: its lock cannot be taken', {
      namespace: leaseNamespace,
    }),
  ],
  make: medik8sActor,
}

/** Every action asks whether any remediator is at work; only its own write. */
function rightsOn({ action, requests, templates }: Remediator): readonly Right[] {
  const actions = [action]
  return [
    rightOn(requests, ['list'], `no node is repaired by medik8s: whether ${requests.kind} acts on it is unknown`),
    rightOn(requests, ['create', 'patch', 'delete'], `${requests.kind} is not asked, or not told to stop`, { actions }),
    rightOn(templates, ['list'], `${requests.kind} is not asked: its template is not found`, { actions }),
  ]
}

/** One operation on its way. */
interface Turn {
  readonly api: Api
  readonly clock: Clock
  left(): number
}

function medik8sActor({ api, clock }: ProviderParts): Actor {
  const unhurried: Turn = { api, clock, left: () => lookMs }
  const hurried = (timeoutMs: number): Turn => ({ api, clock, left: timeLeft(clock, timeoutMs, 'the API server') })
  return {
    target: (node, action) => findTarget(unhurried, node, action),
    look: (operation) => orUnknown(() => look(unhurried, operation)),
    async begin(operation, timeoutMs) {
      onlyAction(operation, 'Reboot', 'Replace')
      await begin(hurried(timeoutMs), operation)
    },
    settle: (operation, timeoutMs) => settle(hurried(timeoutMs), operation),
  }
}

async function findTarget(turn: Turn, node: NodeView, action: Intervention): Promise<TargetAnswer> {
  const { name, uid, labels } = node
  const [found] = await requestsFor(turn.api, name, { timeoutMs: turn.left() })
  if (found) return { kind: 'refused', why: `medik8s is at work: ${requestText(found)}`, change: 'it is deleted' }
  const held = await heldBy({ api: turn.api, nodeName: name, timeoutMs: turn.left() }, turn.clock.now())
  if (held) return { kind: 'refused', why: held, change: 'the Lease is released, or ends' }
  const template = await findTemplate(turn, labels[poolLabel] ?? '', action)
  return template.kind === 'refused' ? template : { kind: 'found', target: { kind: 'Node', name, uid } }
}

interface FoundTemplate {
  readonly kind: 'found'
  readonly remediator: Remediator
  readonly template: Template
}

/** The one template of the pool whose remediator does what is asked. Rejects with KubeError. */
async function findTemplate(
  { api, left }: Turn,
  pool: string,
  action: Intervention,
): Promise<FoundTemplate | Extract<TargetAnswer, { kind: 'refused' }>> {
  const able = remediators.filter((one) => one.action === action)
  const found: FoundTemplate[] = []
  for (const remediator of able) {
    const options = { labelSelector: `${poolLabel}=${pool}`, timeoutMs: left() }
    const templates = await listServed<Template>(api, remediator.templates, options)
    found.push(...templates.map((template): FoundTemplate => ({ kind: 'found', remediator, template })))
  }
  const [only] = found
  if (only && found.length === 1) return only
  const kinds = able.map((one) => one.templates.kind).join(' or ')
  const why = `${found.length} templates for ${action} have the label ${poolLabel}=${pool}, one must`
  return { kind: 'refused', why, change: `exactly one ${kinds} has it` }
}

/** At most one request, for the Node that was chosen, and under the lock. */
async function begin(turn: Turn, { id, action, nodeName, nodeLabels, target }: Operation): Promise<void> {
  const { api, clock, left } = turn
  const node = await readIfThere<KubeObject>(api, nodes, nodeName, { timeoutMs: left() })
  if (node?.metadata.uid !== target.uid) return // gone, or another machine by now
  const [known] = await requestsFor(api, nodeName, { timeoutMs: left() })
  if (known && isFor(known, id)) return // begun
  if (known) throw new Error(`medik8s is at work: ${requestText(known)}`)
  const found = await findTemplate(turn, nodeLabels[poolLabel] ?? '', action)
  if (found.kind === 'refused') throw new Error(`${found.why}; needed: ${found.change}`)
  await takeLease({ api, nodeName, timeoutMs: left() }, target, clock.now())
  const { remediator, template } = found
  const { name: templateName = '', namespace = '' } = template.metadata
  const body: Request = {
    metadata: {
      name: nodeName,
      namespace,
      annotations: { [nodeNameKey]: nodeName, [templateNameKey]: templateName, [repairKey]: id },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: nodeName, uid: target.uid }],
    },
    spec: template.spec?.template?.spec ?? {},
  }
  await createObject(api, remediator.requests, body, { timeoutMs: left() })
}

function isFor({ request }: FoundRequest, id: string): boolean {
  return request.metadata.annotations?.[repairKey] === id
}

/** The request goes, so that the remediator takes its taints off; one that is not done is told to stop first. */
async function settle({ api, clock, left }: Turn, { id, nodeName }: Operation): Promise<void> {
  const found = await requestsFor(api, nodeName, { timeoutMs: left() })
  for (const one of found.filter((known) => isFor(known, id) && !isGoing(known))) {
    const { name = '', namespace = '', uid = '' } = one.request.metadata
    const { requests } = one.remediator
    if (!hasSucceeded(one.request)) {
      const patch = { metadata: { uid, annotations: { [timedOutKey]: new Date(clock.now()).toISOString() } } }
      await patchObject(api, requests, { name, namespace }, patch, { type: 'merge', timeoutMs: left() })
    }
    try {
      await deleteObject(api, requests, { name, namespace }, { uid, timeoutMs: left() })
    } catch (error) {
      if (!isKubeError(error, 'NM_KUBE_NOT_FOUND', 'NM_KUBE_CONFLICT')) throw error
    }
  }
  await giveLease({ api, nodeName, timeoutMs: left() })
}

function isGoing({ request }: FoundRequest): boolean {
  return request.metadata.deletionTimestamp !== undefined
}

async function look({ api, left }: Turn, operation: Operation): Promise<OperationView> {
  const { id, action, nodeName, nodeUid } = operation
  if (action === 'Reboot' && operation.bootId === undefined) return { state: 'not-started' }
  const requests = await requestsFor(api, nodeName, { timeoutMs: left() })
  const ours = requests.find((one) => isFor(one, id))
  if (action === 'Reboot') {
    const booted = await lookForBoot(api, operation)
    if (booted.state !== 'unknown' || !ours) return booted
    return { state: 'unknown', why: `${booted.why}; ${requestText(ours)}` }
  }
  const node = await readIfThere(api, nodes, nodeName, { timeoutMs: left() })
  if (node?.metadata.uid === nodeUid) {
    return ours ? { state: 'running', why: requestText(ours) } : { state: 'not-started' }
  }
  const pool = operation.nodeLabels[poolLabel] ?? ''
  const { items } = await listObjects<KubeObject>(api, nodes, { labelSelector: `${poolLabel}=${pool}` })
  const newcomers = items.map((one) => ({ createdAt: createdAt(one), node: asNodeRef(one) }))
  return { state: 'gone', successor: pickSuccessor(operation, newcomers) }
}
