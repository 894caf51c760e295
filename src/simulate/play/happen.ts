/** Makes the events of a timeline happen. */

import { newUid } from '../../embedded/cluster.ts'
import { type ApiObject, at, type Json, type JsonObject, listAt, textAt, withAt } from '../../embedded/json.ts'
import { kubeletAnnotation } from '../../embedded/model/kubelet.ts'
import { kubeletConditions } from '../../embedded/model/kubelet-status.ts'
import { isFinished } from '../../model/repair.ts'
import { pausedKey } from '../../repair/observe/pause.ts'
import { budgetBody, taintOf } from '../cluster/bodies.ts'
import { isWell, type Shows } from '../cluster/detector.ts'
import { putPods } from '../cluster/pods.ts'
import { asJson } from '../cluster/virtual-cluster.ts'
import { lease } from '../cluster/virtual-controller.ts'
import type { ScenarioEvent } from '../scenario/event-schema.ts'
import { fitsAny } from '../scenario/parts.ts'
import { ms } from '../scenario/schema.ts'
import { look, nodesNamed, type Stage } from './stage.ts'

/** Something in the timeline that cannot happen, with what to write instead. */
export class Impossible extends Error {}

type Marks = Readonly<Record<string, string | null>>

/**
 * Makes one event happen; `round` counts those with `every` from 0. Throws {@link Impossible}, or the API server's failure.
 */
export function happen(stage: Stage, event: ScenarioEvent, round = 0): void {
  const { cluster, controller } = stage
  happenToNodes(stage, event, round)
  happenToRepairs(stage, event)
  for (const group of event.addPods ?? []) putPods(cluster, group)
  for (const one of event.addBudgets ?? []) cluster.create('poddisruptionbudgets', budgetBody(one), one.namespace)
  for (const name of event.deletePods ?? []) removeNamed(stage, 'pods', name)
  for (const name of event.deleteBudgets ?? []) removeNamed(stage, 'poddisruptionbudgets', name)
  for (const [name, spec] of Object.entries(event.policies ?? {})) setPolicy(stage, name, spec)
  if (event.cloud || event.newcomers) happenToGroups(stage, event)
  if (event.api === 'away') cluster.leave()
  if (event.api === 'back') cluster.comeBack()
  if (event.refuse) cluster.refuse({ ...event.refuse, left: event.refuse.times ?? Number.POSITIVE_INFINITY })
  if (event.stopRefusing) cluster.refuseNothing()
  if (event.leader === 'lost') controller.lose()
  if (event.leader === 'won') controller.win()
  if (event.controller === 'killed') controller.kill()
  if (event.controller === 'started') controller.start()
  if (event.clock) controller.setClock(signed(event.clock))
  if (event.pause !== undefined) setPause(stage, event.pause)
  if (event.apply) applyObjects(stage, event.apply)
  if (event.remove) removeObject(stage, event.remove)
}

function happenToNodes(stage: Stage, event: ScenarioEvent, round: number): void {
  const { cluster } = stage
  const { nodes: names = [] } = event
  const nodes = nodesNamed(stage, names)
  // What comes again and again ends with its nodes.
  if (names.length > 0 && nodes.length === 0 && round === 0 && !isAboutRecords(event))
    throw new Impossible(`no node is called ${[names].flat().join(', ')}`)
  if (event.bootShows) cluster.detectors.bootsShow(names, shownBy(event.bootShows, event))
  for (const node of nodes) {
    const { name } = node.metadata
    const change = (edit: (live: ApiObject) => ApiObject): void => cluster.change(node, 'nodes', edit)
    const annotate = (marks: Marks): void => change((live) => withMarks(live, 'annotations', marks))
    if (event.condition) setCondition(stage, node, event)
    if (event.kubelet) annotate({ [kubeletAnnotation]: event.kubelet === 'stops' ? 'stopped' : null })
    if (event.detector === 'stops') cluster.detectors.silence(name)
    if (event.detector === 'starts') cluster.detectors.restore(name)
    if (event.cordon !== undefined) change((live) => withAt(live, ['spec', 'unschedulable'], event.cordon || undefined))
    const { taint, untaint } = event
    if (taint) change((live) => withAt(live, ['spec', 'taints'], [...listAt(live, 'spec', 'taints'), taintOf(taint)]))
    if (untaint) change((live) => withAt(live, ['spec', 'taints'], withoutTaint(live, untaint)))
    if (event.label) change((live) => withMarks(live, 'labels', event.label ?? {}))
    if (event.annotate) annotate(event.annotate)
    if (event.veto) annotate({ 'nodemend.dev/veto': vetoValue(stage, event.veto) })
    if (event.deleteNode) cluster.remove('nodes', node)
    if (event.recreateNode) cluster.recreateNode(node)
    if (event.reboot) {
      const bootId = newUid(cluster.random)
      cluster.change(node, 'nodes', (live) => withAt(live, ['status', 'nodeInfo', 'bootID'], bootId), 'status')
    }
  }
}

/** Records, and what nodes will show, are about names whose nodes may be gone. */
function isAboutRecords({ approve, forgive, retract, deleteRepair, bootShows }: ScenarioEvent): boolean {
  return [approve, forgive, retract, deleteRepair, bootShows].some((one) => one !== undefined)
}

function happenToRepairs(stage: Stage, event: ScenarioEvent): void {
  const { nodes = [] } = event
  const mine = look(stage).filter((one) => fitsAny(one.nodeName, nodes))
  const open = mine.filter((one) => !isFinished(one.phase))
  const mark = (name: string, key: string, value: string | null): void => {
    const object = stage.cluster.get('noderepairs', name)
    if (object) stage.cluster.change(object, 'noderepairs', (live) => withMarks(live, 'annotations', { [key]: value }))
  }
  for (const { name } of open) {
    if (event.approve) mark(name, 'nodemend.dev/approved', event.approve)
    if (event.retract) mark(name, 'nodemend.dev/approved', null)
    if (event.deleteRepair) removeNamed(stage, 'noderepairs', name)
  }
  if (event.forgive) for (const one of mine) mark(one.name, 'nodemend.dev/forgiven', event.forgive)
}

function happenToGroups({ cluster }: Stage, event: ScenarioEvent): void {
  const groups = new Set(cluster.groups.filter((name) => event.groups === undefined || fitsAny(name, event.groups)))
  for (const group of groups) {
    if (event.cloud === 'empty') cluster.empty.add(group)
    if (event.cloud === 'gives') cluster.empty.delete(group)
    if (event.newcomers) {
      const gone = event.newcomers.endsWith('=gone')
      cluster.detectors.newcomersShow(group, gone ? undefined : shownBy(event.newcomers, event))
    }
  }
}

/** `TYPE=STATUS` of an event, with its reason. */
function shownBy(text: string, event: ScenarioEvent): Shows {
  const [type = '', status = ''] = text.split('=')
  const reason = event.reason ?? `${type}Reason`
  return { type, status: status as Shows['status'], reason, afterMs: ms(event.after) } // the schema takes no other
}

function setCondition({ cluster }: Stage, node: ApiObject, event: ScenarioEvent): void {
  const { type, status, reason } = shownBy(event.condition ?? '', event)
  if (kubeletConditions.has(type)) {
    // Its kubelet would say otherwise within minutes.
    const mark = { [kubeletAnnotation]: isWell({ type, status }) ? null : 'as-told' }
    cluster.change(node, 'nodes', (live) => withMarks(live, 'annotations', mark))
  }
  const now = new Date(cluster.clock.now() + (event.stamp === undefined ? 0 : signed(event.stamp))).toISOString()
  const stamp = `${now.slice(0, 19)}Z`
  cluster.change(
    node,
    'nodes',
    (live) => {
      const known = listAt(live, 'status', 'conditions')
      const before = known.find((one) => one.type === type)
      const others = known.filter((one) => one !== before)
      if ((status as string) === 'gone') return withAt(live, ['status', 'conditions'], others)
      const turned = before?.status !== status ? stamp : textAt(before, 'lastTransitionTime')
      const beat = event.heartbeat ? { lastHeartbeatTime: stamp } : {}
      const condition = { type, status, reason, message: event.message ?? '', ...beat, lastTransitionTime: turned }
      return withAt(live, ['status', 'conditions'], [...others, condition])
    },
    'status',
  )
}

function withoutTaint(node: ApiObject, key: string): readonly JsonObject[] {
  return listAt(node, 'spec', 'taints').filter((one) => one.key !== key)
}

function withMarks(object: ApiObject, where: 'labels' | 'annotations', marks: Marks): ApiObject {
  const all: Record<string, Json> = { ...(object.metadata[where] ?? {}) }
  for (const [key, value] of Object.entries(marks)) {
    if (value === null) delete all[key]
    else all[key] = value
  }
  return withAt(object, ['metadata', where], all)
}

function vetoValue({ cluster }: Stage, text: string): string | null {
  if (text === 'false') return null
  return text === 'true' ? 'true' : new Date(cluster.clock.now() + ms(text)).toISOString()
}

export function setPolicy({ cluster }: Stage, name: string, spec: Readonly<Record<string, unknown>> | null): void {
  const found = cluster.get('repairpolicies', name)
  if (spec === null) {
    if (found) cluster.remove('repairpolicies', found)
    return
  }
  const whole = asJson(spec)
  if (!found) cluster.create('repairpolicies', { metadata: { name }, spec: whole })
  else {
    const before = at(found, 'spec') as JsonObject // every policy has a spec
    cluster.change(found, 'repairpolicies', (live) => withAt(live, ['spec'], { ...before, ...whole }))
  }
}

function setPause({ cluster }: Stage, why: string): void {
  const { namespace, name } = lease
  const found = cluster.get('leases', name, namespace)
  const mark = { [pausedKey]: why === 'off' ? null : why }
  if (found) cluster.change(found, 'leases', (live) => withMarks(live, 'annotations', mark))
}

/** Puts an object in, or `count` of them. */
export function applyObjects(
  stage: Stage,
  { count, ...given }: { readonly kind: string; readonly count?: number | undefined },
): void {
  const text = JSON.stringify(given)
  const nth = (n: number): string => (count === undefined ? text : text.replaceAll('{n}', String(n)))
  for (let n = 1; n <= (count ?? 1); n++) applyObject(stage, JSON.parse(nth(n)))
}

/** Creates the object, or puts its fields over those of the one that is there. */
function applyObject({ cluster }: Stage, given: object): void {
  const { status, ...body } = asJson(given)
  const { plural } = cluster.kind(textAt(body, 'kind'))
  const name = textAt(body, 'metadata', 'name')
  const namespace = textAt(body, 'metadata', 'namespace') || undefined
  const found = cluster.get(plural, name, namespace)
  if (!found) cluster.create(plural, body, namespace)
  else
    cluster.change(found, plural, (live) => ({ ...live, ...body, metadata: { ...live.metadata, ...metadataOf(body) } }))
  const stored = cluster.get(plural, name, namespace)
  if (stored && status !== undefined) cluster.change(stored, plural, (live) => ({ ...live, status }), 'status')
}

function metadataOf(body: JsonObject): JsonObject {
  return (at(body, 'metadata') ?? {}) as JsonObject // the kind's own metadata is a mapping
}

function removeObject(stage: Stage, given: object): void {
  const body = asJson(given)
  removeNamed(stage, stage.cluster.kind(textAt(body, 'kind')).plural, textAt(body, 'metadata', 'name'))
}

/** By name, in whichever namespace. */
function removeNamed({ cluster }: Stage, plural: string, pattern: string): void {
  const found = cluster.list(plural).filter(({ metadata }) => fitsAny(metadata.name, pattern))
  if (found.length === 0) throw new Impossible(`no ${plural} is called ${pattern}`)
  for (const one of found) cluster.remove(plural, one)
}

function signed(text: string): number {
  return (text.startsWith('-') ? -1 : 1) * ms(text.slice(1))
}
