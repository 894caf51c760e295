/** A modelled scheduler: binds pending pods to schedulable nodes whose taints they tolerate and that have room. */
import { type Cluster, timestamp } from '../cluster.ts'
import { type ApiObject, at, type JsonObject, listAt, mapAt, textAt } from '../json.ts'
import { builtinKind, storageKey } from '../kinds.ts'
import { quantityValue } from '../schema/quantity.ts'
import { bound } from '../subresource/binding.ts'
import { isFinished, withCondition } from './conditions.ts'
import { addressOf, type Model, ModelClient, Reconciler } from './reconciler.ts'

const pods = builtinKind('pods')
const nodes = builtinKind('nodes')
const schedulerName = 'default-scheduler'

type Amounts = Readonly<Record<string, number>>

interface Room {
  readonly node: ApiObject
  readonly allocatable: Amounts
  readonly used: Record<string, number>
  count: number
}

/** Starts the scheduler. A pod that fits nowhere gets the condition PodScheduled=False; any change tries it again. */
export function startScheduler(cluster: Cluster): Model {
  const client = new ModelClient(cluster, 'kube-scheduler')
  return new Reconciler(cluster, [pods, nodes], () => {
    const all = client.list(pods)
    const waiting = all.filter(isWaiting)
    if (waiting.length === 0) return
    const rooms = roomsOf(client.list(nodes), all)
    for (const pod of waiting.sort(byAge)) {
      const room = bestRoom(pod, rooms)
      if (!room) {
        refuse(cluster, client, pod, rooms.length)
        continue
      }
      take(room, pod)
      cluster.store.put(storageKey(pods), bound(cluster, pod, room.node.metadata.name))
    }
  })
}

function isWaiting(pod: ApiObject): boolean {
  return (
    textAt(pod, 'spec', 'nodeName') === '' &&
    textAt(pod, 'spec', 'schedulerName') === schedulerName &&
    pod.metadata.deletionTimestamp === undefined &&
    !isFinished(pod) &&
    listAt(pod, 'spec', 'schedulingGates').length === 0
  )
}

function byAge(a: ApiObject, b: ApiObject): number {
  const [left, right] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '']
  return left < right ? -1 : left > right ? 1 : 0
}

function roomsOf(present: readonly ApiObject[], all: readonly ApiObject[]): readonly Room[] {
  const rooms = new Map(
    present.map((node) => {
      const amounts = mapAt(node, 'status', 'allocatable')
      const source = Object.keys(amounts).length > 0 ? amounts : mapAt(node, 'status', 'capacity')
      return [node.metadata.name, { node, allocatable: valuesOf(source), used: {}, count: 0 } satisfies Room as Room]
    }),
  )
  for (const pod of all) {
    const room = rooms.get(textAt(pod, 'spec', 'nodeName'))
    if (room && !isFinished(pod)) take(room, pod)
  }
  return [...rooms.values()]
}

function valuesOf(amounts: Readonly<Record<string, string>>): Amounts {
  return Object.fromEntries(Object.entries(amounts).map(([name, text]) => [name, quantityValue(text)]))
}

function requestsOf(pod: ApiObject): Amounts {
  const sum: Record<string, number> = {}
  for (const container of listAt(pod, 'spec', 'containers')) {
    for (const [name, value] of Object.entries(valuesOf(mapAt(container, 'resources', 'requests')))) {
      sum[name] = (sum[name] ?? 0) + value
    }
  }
  return sum
}

function take(room: Room, pod: ApiObject): void {
  room.count++
  for (const [name, value] of Object.entries(requestsOf(pod))) room.used[name] = (room.used[name] ?? 0) + value
}

/** The fitting node with the fewest pods; among equals the first by name, so that runs repeat. */
function bestRoom(pod: ApiObject, rooms: readonly Room[]): Room | undefined {
  let best: Room | undefined
  for (const room of rooms) {
    if (fits(pod, room) && (!best || room.count < best.count)) best = room
  }
  return best
}

function fits(pod: ApiObject, room: Room): boolean {
  const { node, allocatable, used, count } = room
  if (node.metadata.deletionTimestamp !== undefined || !toleratesNode(pod, node)) return false
  const labels = node.metadata.labels ?? {}
  for (const [key, value] of Object.entries(mapAt(pod, 'spec', 'nodeSelector'))) if (labels[key] !== value) return false
  if (count + 1 > (allocatable.pods ?? 110)) return false
  return Object.entries(requestsOf(pod)).every(([name, wanted]) => {
    const free = (allocatable[name] ?? 0) - (used[name] ?? 0)
    return wanted <= free + 1e-9
  })
}

/** True when neither a cordon nor a NoSchedule or NoExecute taint keeps the pod off the node. */
export function toleratesNode(pod: ApiObject, node: ApiObject): boolean {
  const taints = [...listAt(node, 'spec', 'taints')]
  if (at(node, 'spec', 'unschedulable') === true) {
    taints.push({ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' })
  }
  return taints
    .filter((taint) => taint.effect !== 'PreferNoSchedule')
    .every((taint) => tolerationFor(pod, taint) !== undefined)
}

/** The first toleration of the pod that covers the taint. */
export function tolerationFor(pod: ApiObject, taint: JsonObject): JsonObject | undefined {
  return listAt(pod, 'spec', 'tolerations').find((one) => {
    if (one.effect && one.effect !== taint.effect) return false
    if (one.operator === 'Exists') return !one.key || one.key === taint.key
    return one.key === taint.key && (one.value ?? '') === (taint.value ?? '')
  })
}

function refuse(cluster: Cluster, client: ModelClient, pod: ApiObject, count: number): void {
  const message = `0/${count} nodes are available: no node is open, tolerated and large enough.`
  const fact = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message } as const
  client.update(addressOf(pods, pod, 'status'), (live) => withCondition(live, fact, timestamp(cluster.clock)))
}
