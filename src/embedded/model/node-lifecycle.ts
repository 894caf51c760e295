/**
 * A modelled node controller: a silent node becomes Unknown, taints follow conditions and cordons, and pods that do
 * not tolerate a NoExecute taint are deleted.
 */
import { type Cluster, timestamp } from '../cluster.ts'
import { type ApiObject, at, type Json, type JsonObject, listAt, textAt, withAt } from '../json.ts'
import { builtinKind } from '../kinds.ts'
import { conditionOf, withCondition } from './conditions.ts'
import { addressOf, type Model, ModelClient, Reconciler } from './reconciler.ts'
import { tolerationFor } from './scheduler.ts'

const nodes = builtinKind('nodes')
const pods = builtinKind('pods')
const leases = builtinKind('leases')
const notReady = 'node.kubernetes.io/not-ready'
const unreachable = 'node.kubernetes.io/unreachable'
const outOfService = 'node.kubernetes.io/out-of-service'
const cordoned = 'node.kubernetes.io/unschedulable'

export interface NodeLifecycleOptions {
  /** Silence after which a node becomes Unknown, milliseconds. Default 40,000 (monitor grace period). */
  readonly graceMs?: number
}

export function startNodeLifecycle(cluster: Cluster, options: NodeLifecycleOptions = {}): Model {
  const { graceMs = 40_000 } = options
  const { clock } = cluster
  const client = new ModelClient(cluster, 'kube-controller-manager')
  const reconciler: Reconciler = new Reconciler(cluster, [nodes], () => {
    let wakeIn = graceMs / 4
    for (const node of client.list(nodes)) {
      const silence = clock.now() - lastSign(client, node)
      const judged = silence > graceMs ? (declareLost(cluster, client, node) ?? node) : node
      const tainted = client.update(addressOf(nodes, judged), (live) => withTaints(cluster, live)) ?? judged
      wakeIn = Math.min(wakeIn, evict(cluster, client, tainted))
    }
    if (client.list(nodes).length > 0) reconciler.wake(Math.max(1, wakeIn))
  })
  return reconciler
}

/** The node's last heartbeat or lease renewal, milliseconds since the epoch. */
function lastSign(client: ModelClient, node: ApiObject): number {
  const lease = client.get(leases, node.metadata.name, 'kube-node-lease')
  const stamps = [
    textAt(lease, 'spec', 'renewTime'),
    textAt(conditionOf(node, 'Ready'), 'lastHeartbeatTime'),
    node.metadata.creationTimestamp ?? '',
  ]
  return Math.max(...stamps.map((stamp) => Date.parse(stamp) || 0))
}

function declareLost(cluster: Cluster, client: ModelClient, node: ApiObject): ApiObject | undefined {
  const now = timestamp(cluster.clock)
  const message = 'Kubelet stopped posting node status.'
  return client.update(addressOf(nodes, node, 'status'), (live) => {
    let next = live
    for (const type of ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure']) {
      if (conditionOf(next, type)?.status === 'Unknown') continue
      next = withCondition(next, { type, status: 'Unknown', reason: 'NodeStatusUnknown', message }, now)
    }
    return next
  })
}

function withTaints(cluster: Cluster, node: ApiObject): ApiObject {
  const ready = conditionOf(node, 'Ready')?.status
  const wanted: JsonObject[] = []
  const both = (key: string): void => {
    wanted.push({ key, effect: 'NoSchedule' }, { key, effect: 'NoExecute', timeAdded: timestamp(cluster.clock) })
  }
  if (ready === 'False') both(notReady)
  else if (ready === 'Unknown') both(unreachable)
  else if (ready === undefined) wanted.push({ key: notReady, effect: 'NoSchedule' })
  if (at(node, 'spec', 'unschedulable') === true) wanted.push({ key: cordoned, effect: 'NoSchedule' })
  const present = listAt(node, 'spec', 'taints')
  const same = (a: JsonObject, b: JsonObject): boolean => a.key === b.key && a.effect === b.effect
  const ours = (taint: JsonObject): boolean => [notReady, unreachable, cordoned].includes(String(taint.key))
  const kept = present.filter((taint) => !ours(taint) || wanted.some((one) => same(one, taint)))
  const added = wanted.filter((one) => !present.some((taint) => same(one, taint)))
  if (added.length === 0 && kept.length === present.length) return node
  const next = [...kept, ...added]
  return withAt(node, ['spec', 'taints'], next.length > 0 ? (next as Json) : undefined) // taints are plain JSON
}

/** Deletes the pods whose toleration of a NoExecute taint is over; returns the milliseconds until the next one's is. */
function evict(cluster: Cluster, client: ModelClient, node: ApiObject): number {
  const taints = listAt(node, 'spec', 'taints').filter((taint) => taint.effect === 'NoExecute')
  let next = Number.POSITIVE_INFINITY
  if (taints.length === 0) return next
  const freed = taints.some(({ key }) => key === outOfService) && conditionOf(node, 'Ready')?.status !== 'True'
  for (const pod of client.list(pods)) {
    if (textAt(pod, 'spec', 'nodeName') !== node.metadata.name) continue
    const ending = pod.metadata.deletionTimestamp !== undefined
    if (ending && freed) client.delete(addressOf(pods, pod), { graceSeconds: 0, uid: pod.metadata.uid })
    if (ending) continue
    const left = Math.min(...taints.map((taint) => timeLeft(cluster, pod, taint)))
    if (left <= 0) client.delete(addressOf(pods, pod), { uid: pod.metadata.uid })
    else next = Math.min(next, left)
  }
  return next
}

function timeLeft(cluster: Cluster, pod: ApiObject, taint: JsonObject): number {
  const toleration = tolerationFor(pod, taint)
  if (!toleration) return 0
  const seconds = toleration.tolerationSeconds
  if (typeof seconds !== 'number') return Number.POSITIVE_INFINITY
  const since = Date.parse(textAt(taint, 'timeAdded')) || cluster.clock.now()
  return since + seconds * 1000 - cluster.clock.now()
}
