/** Modelled workload controllers for ReplicaSets, Deployments, StatefulSets and DaemonSets. */
import { createHash } from 'node:crypto'
import type { Cluster } from '../cluster.ts'
import {
  type ApiObject,
  at,
  canonical,
  isObject,
  type Json,
  type JsonObject,
  listAt,
  mapAt,
  numberAt,
  withAt,
} from '../json.ts'
import { builtinKind } from '../kinds.ts'
import { objectSelector } from '../selector.ts'
import { controlledBy, controllerOf, isFinished, isReady } from './conditions.ts'
import { addressOf, type Model, ModelClient, Reconciler } from './reconciler.ts'
import { toleratesNode, tolerationFor } from './scheduler.ts'

const pods = builtinKind('pods')
const nodes = builtinKind('nodes')
const replicaSets = builtinKind('replicasets')
const deployments = builtinKind('deployments')
const statefulSets = builtinKind('statefulsets')
const daemonSets = builtinKind('daemonsets')

/** Starts all four. */
export function startWorkloads(cluster: Cluster): Model {
  const client = new ModelClient(cluster, 'kube-controller-manager')
  return new Reconciler(cluster, [pods, nodes, replicaSets, deployments, statefulSets, daemonSets], () => {
    const owned = podsByOwner(client)
    const podsOf = (owner: ApiObject): readonly ApiObject[] => owned.get(owner.metadata.uid ?? '') ?? []
    for (const one of client.list(deployments)) keepDeployment(client, one)
    for (const one of client.list(replicaSets)) keepReplicaSet(client, one, podsOf(one))
    for (const one of client.list(statefulSets)) keepStatefulSet(client, one, podsOf(one))
    for (const one of client.list(daemonSets)) keepDaemonSet(client, one, podsOf(one))
  })
}

function podsByOwner(client: ModelClient): ReadonlyMap<string, readonly ApiObject[]> {
  const out = new Map<string, ApiObject[]>()
  for (const pod of client.list(pods)) {
    const uid = String(controllerOf(pod)?.uid ?? '')
    const known = out.get(uid)
    if (known) known.push(pod)
    else out.set(uid, [pod])
  }
  return out
}

/** Neither finished nor deleted. */
const isActive = (pod: ApiObject): boolean => !isFinished(pod) && pod.metadata.deletionTimestamp === undefined

function podFrom(owner: ApiObject, naming: JsonObject): JsonObject {
  const template = at(owner, 'spec', 'template')
  const metadata = at(template, 'metadata')
  return {
    metadata: {
      labels: mapAt(metadata, 'labels'),
      annotations: mapAt(metadata, 'annotations'),
      ...naming,
      ownerReferences: [controlledBy(owner)],
    },
    spec: at(template, 'spec') ?? {},
  }
}

function keepReplicaSet(client: ModelClient, set: ApiObject, mine: readonly ApiObject[]): void {
  if (set.metadata.deletionTimestamp !== undefined) return
  const { name, namespace } = set.metadata
  const wanted = numberAt(set, 'spec', 'replicas')
  const active = mine.filter(isActive)
  for (let count = active.length; count < wanted; count++) {
    client.create(pods, podFrom(set, { generateName: `${name}-` }), namespace)
  }
  const surplus = [...active].sort(leastUsefulFirst).slice(0, Math.max(0, active.length - wanted))
  for (const pod of surplus) client.delete(addressOf(pods, pod), { uid: pod.metadata.uid })
  const ready = active.filter(isReady).length
  stateCounts(client, addressOf(replicaSets, set, 'status'), {
    replicas: active.length,
    fullyLabeledReplicas: active.length,
    readyReplicas: ready,
    availableReplicas: ready,
  })
}

/** Pods that cost least to lose: not scheduled, then not ready, then the youngest. */
function leastUsefulFirst(a: ApiObject, b: ApiObject): number {
  const rank = (pod: ApiObject): number => (at(pod, 'spec', 'nodeName') ? 1 : 0) + (isReady(pod) ? 2 : 0)
  const byRank = rank(a) - rank(b)
  if (byRank !== 0) return byRank
  return (a.metadata.creationTimestamp ?? '') > (b.metadata.creationTimestamp ?? '') ? -1 : 1
}

type Counts = Readonly<Record<string, number>>

/** Zero counts are left out, as the API writes them, except `replicas`. */
function stateCounts(client: ModelClient, address: ReturnType<typeof addressOf>, counts: Counts): void {
  client.update(address, (live) => {
    const status: Record<string, Json> = { observedGeneration: live.metadata.generation ?? 1 }
    const before = at(live, 'status')
    for (const [field, value] of Object.entries(isObject(before) ? before : {})) {
      if (!(field in counts) && value !== undefined) status[field] = value
    }
    status.observedGeneration = live.metadata.generation ?? 1
    const always = address.kind.plural === 'daemonsets' || address.kind.plural === 'statefulsets'
    for (const [field, value] of Object.entries(counts)) {
      if (value > 0 || field === 'replicas' || always) status[field] = value
    }
    return withAt(live, ['status'], status)
  })
}

/** The label that tells apart the pods of two templates. */
const hashLabel = 'pod-template-hash'

function templateHash(template: Json | undefined): string {
  return createHash('sha256')
    .update(canonical(template ?? null))
    .digest('hex')
    .slice(0, 10)
}

function keepDeployment(client: ModelClient, deployment: ApiObject): void {
  if (deployment.metadata.deletionTimestamp !== undefined) return
  const { name, namespace, uid } = deployment.metadata
  const wanted = numberAt(deployment, 'spec', 'replicas')
  const hash = templateHash(at(deployment, 'spec', 'template'))
  const mine = client.list(replicaSets, namespace).filter((set) => controllerOf(set)?.uid === uid)
  const current = mine.find((set) => set.metadata.labels?.[hashLabel] === hash)
  if (!current) client.create(replicaSets, replicaSetFrom(deployment, hash, wanted), namespace)
  else scaleTo(client, current, wanted)
  // Old sets shrink to 0 when the new one is ready, because drains need no rolling update.
  const standing = current && numberAt(current, 'status', 'readyReplicas') >= wanted
  for (const old of mine) if (old !== current && standing) scaleTo(client, old, 0)
  const sum = (field: string): number => mine.reduce((total, set) => total + numberAt(set, 'status', field), 0)
  const available = sum('availableReplicas')
  stateCounts(
    client,
    { kind: deployments, namespace, name, subresource: 'status' },
    {
      replicas: sum('replicas'),
      updatedReplicas: current ? numberAt(current, 'status', 'replicas') : 0,
      readyReplicas: sum('readyReplicas'),
      availableReplicas: available,
      unavailableReplicas: Math.max(0, wanted - available),
    },
  )
}

function scaleTo(client: ModelClient, set: ApiObject, replicas: number): void {
  client.update(addressOf(replicaSets, set), (live) =>
    numberAt(live, 'spec', 'replicas') === replicas ? undefined : withAt(live, ['spec', 'replicas'], replicas),
  )
}

function replicaSetFrom(deployment: ApiObject, hash: string, replicas: number): JsonObject {
  const template = at(deployment, 'spec', 'template')
  const labels = { ...mapAt(template, 'metadata', 'labels'), [hashLabel]: hash }
  const marked = isObject(template) ? withAt(template, ['metadata', 'labels'], labels) : {}
  const selector = at(deployment, 'spec', 'selector')
  const matchLabels = { ...mapAt(selector, 'matchLabels'), [hashLabel]: hash }
  return {
    metadata: { name: `${deployment.metadata.name}-${hash}`, labels, ownerReferences: [controlledBy(deployment)] },
    spec: { replicas, selector: { ...(isObject(selector) ? selector : {}), matchLabels }, template: marked },
  }
}

function keepStatefulSet(client: ModelClient, set: ApiObject, mine: readonly ApiObject[]): void {
  if (set.metadata.deletionTimestamp !== undefined) return
  const { name, namespace } = set.metadata
  const wanted = numberAt(set, 'spec', 'replicas')
  const present = new Map(mine.map((pod) => [pod.metadata.name, pod]))
  for (let index = 0; index < wanted; index++) {
    const pod = present.get(`${name}-${index}`)
    if (!pod) client.create(pods, podFrom(set, { name: `${name}-${index}` }), namespace)
    if (!pod || !isReady(pod)) break // one at a time, in order
  }
  const surplus = mine.filter((pod) => Number(pod.metadata.name.slice(name.length + 1)) >= wanted && isActive(pod))
  const last = surplus.sort((a, b) => (a.metadata.name > b.metadata.name ? -1 : 1))[0]
  if (last) client.delete(addressOf(pods, last), { uid: last.metadata.uid })
  const ready = mine.filter((pod) => isActive(pod) && isReady(pod)).length
  stateCounts(client, addressOf(statefulSets, set, 'status'), {
    replicas: mine.filter(isActive).length,
    readyReplicas: ready,
    availableReplicas: ready,
    currentReplicas: mine.filter(isActive).length,
  })
}

/** Tolerations every DaemonSet pod gets, so that it runs where nothing else may. */
const daemonTolerations: readonly JsonObject[] = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
]

function keepDaemonSet(client: ModelClient, set: ApiObject, mine: readonly ApiObject[]): void {
  if (set.metadata.deletionTimestamp !== undefined) return
  const { name, namespace } = set.metadata
  const draft = daemonPod(set, name)
  const eligible = client.list(nodes).filter((node) => runsOn(draft, node))
  const byNode = new Map(
    mine.filter((pod) => !isFinished(pod)).map((pod) => [String(at(pod, 'spec', 'nodeName')), pod]),
  )
  for (const node of eligible) {
    if (byNode.has(node.metadata.name)) continue
    client.create(pods, withAt(draft, ['spec', 'nodeName'], node.metadata.name), namespace)
  }
  // A NoSchedule taint keeps new pods away, and ends none.
  const allowed = new Set(client.list(nodes).flatMap((node) => (mayStayOn(draft, node) ? node.metadata.name : [])))
  for (const [node, pod] of byNode) {
    if (!allowed.has(node) && isActive(pod)) client.delete(addressOf(pods, pod), { uid: pod.metadata.uid })
  }
  const ready = [...byNode.values()].filter((pod) => isActive(pod) && isReady(pod)).length
  stateCounts(client, addressOf(daemonSets, set, 'status'), {
    desiredNumberScheduled: eligible.length,
    currentNumberScheduled: [...byNode.keys()].filter((node) => allowed.has(node)).length,
    numberMisscheduled: 0,
    numberReady: ready,
    numberAvailable: ready,
    updatedNumberScheduled: byNode.size,
  })
}

function daemonPod(set: ApiObject, name: string): ApiObject {
  const pod = podFrom(set, { generateName: `${name}-` })
  const given = at(pod, 'spec', 'tolerations')
  const tolerations = [...(Array.isArray(given) ? given : []), ...daemonTolerations]
  return withAt(pod, ['spec', 'tolerations'], tolerations as Json) as ApiObject // a draft: its name comes on create
}

function runsOn(draft: ApiObject, node: ApiObject): boolean {
  return mayStayOn(draft, node) && toleratesNode(draft, node)
}

function mayStayOn(draft: ApiObject, node: ApiObject): boolean {
  if (node.metadata.deletionTimestamp !== undefined) return false
  const wanted = mapAt(draft, 'spec', 'nodeSelector')
  const matches = objectSelector({ matchLabels: wanted })
  const taints = listAt(node, 'spec', 'taints').filter((taint) => taint.effect === 'NoExecute')
  return matches(node.metadata.labels ?? {}) && taints.every((taint) => tolerationFor(draft, taint) !== undefined)
}
