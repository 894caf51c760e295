/** Modelled kubelets: nodes report themselves ready and renew their lease, pods start, and end when told to. */
import { type Cluster, timestamp } from '../cluster.ts'
import { type ApiObject, at, type Json, type JsonObject, listAt, numberAt, textAt, withAt } from '../json.ts'
import { builtinKind, storageKey } from '../kinds.ts'
import { isFinished, withCondition } from './conditions.ts'
import { ChangeFeed, Hand, Loop, type Model, targetOf } from './loop.ts'

export interface KubeletOptions {
  /** From binding to ready, milliseconds. Default 1,000. */
  readonly podStartMs?: number
  /** From deletion to gone, milliseconds, at most the pod's grace. Default 1,000. */
  readonly podStopMs?: number
  /** From the node's creation to Ready, milliseconds. Default 0. */
  readonly nodeReadyMs?: number
}

/** A node with this annotation set to `stopped` has a kubelet that does nothing, as on a dead machine. */
export const kubeletAnnotation = 'embedded.nodemend.dev/kubelet'

const renewEveryMs = 10_000
const leaseSeconds = 40
const statusEveryMs = 300_000
const nodes = builtinKind('nodes')
const pods = builtinKind('pods')
const leases = builtinKind('leases')
const leaseNamespace = 'kube-node-lease'

interface PodTimer {
  readonly dueAt: number
  readonly phase: 'start' | 'stop'
}

/** Starts a kubelet for every node, also for those that come later. */
export function startKubelets(cluster: Cluster, options: KubeletOptions = {}): Model {
  const { podStartMs = 1_000, podStopMs = 1_000, nodeReadyMs = 0 } = options
  const { clock } = cluster
  const hand = new Hand(cluster, 'kubelet')
  const podFeed = new ChangeFeed(cluster, pods)
  const timers = new Map<string, PodTimer>()
  const renewals = new Map<string, number>()
  const reports = new Map<string, number>()

  const aliveNode = (name: string): ApiObject | undefined => {
    const node = hand.get(nodes, name)
    return node && isAlive(node) ? node : undefined
  }

  const noticePod = (pod: ApiObject): void => {
    const key = `${pod.metadata.namespace}/${pod.metadata.name}`
    const current = cluster.store.get(storageKey(pods), key)
    const bound = current && textAt(current, 'spec', 'nodeName') !== ''
    if (!current || !bound || current.metadata.uid !== pod.metadata.uid) {
      if (!current) timers.delete(key)
      return
    }
    const known = timers.get(key)
    if (current.metadata.deletionTimestamp !== undefined) {
      if (known?.phase === 'stop') return
      const grace = numberAt(current, 'metadata', 'deletionGracePeriodSeconds') * 1000
      timers.set(key, { dueAt: clock.monotonic() + Math.min(podStopMs, grace), phase: 'stop' })
    } else if (textAt(current, 'status', 'phase') === 'Pending' && known?.phase !== 'start') {
      timers.set(key, { dueAt: clock.monotonic() + podStartMs, phase: 'start' })
    }
  }

  const tendPods = (now: number): number => {
    let next = Number.POSITIVE_INFINITY
    for (const [key, timer] of [...timers]) {
      if (timer.dueAt > now) {
        next = Math.min(next, timer.dueAt)
        continue
      }
      const pod = cluster.store.get(storageKey(pods), key)
      if (!pod) timers.delete(key)
      if (!pod || !aliveNode(textAt(pod, 'spec', 'nodeName'))) continue // a dead kubelet leaves its pods as they are
      timers.delete(key)
      if (timer.phase === 'stop') finishPod(hand, pod)
      else hand.update(targetOf(pods, pod, 'status'), (live) => started(cluster, live))
    }
    return next
  }

  const tendNode = (node: ApiObject, now: number): number => {
    const { name } = node.metadata
    const readyAt = Date.parse(node.metadata.creationTimestamp ?? '') + nodeReadyMs
    if (clock.now() < readyAt) return now + (readyAt - clock.now())
    if (now >= (reports.get(name) ?? 0) || conditionMissing(node)) {
      reports.set(name, now + statusEveryMs)
      hand.update(targetOf(nodes, node, 'status'), (live) => reported(cluster, live))
    }
    if (now >= (renewals.get(name) ?? 0)) {
      renewals.set(name, now + renewEveryMs)
      renewLease(cluster, hand, node)
    }
    return Math.min(renewals.get(name) ?? now, reports.get(name) ?? now)
  }

  const loop: Loop = new Loop(cluster, [nodes, pods], () => {
    const now = clock.monotonic()
    for (const pod of podFeed.read().objects) noticePod(pod)
    let next = tendPods(now)
    const present = new Set<string>()
    for (const node of hand.list(nodes)) {
      present.add(node.metadata.name)
      if (isAlive(node)) next = Math.min(next, tendNode(node, now))
    }
    for (const known of [renewals, reports]) for (const name of known.keys()) if (!present.has(name)) known.delete(name)
    if (next !== Number.POSITIVE_INFINITY) loop.wake(Math.max(0, next - now))
  })
  return loop
}

function isAlive(node: ApiObject): boolean {
  return node.metadata.annotations?.[kubeletAnnotation] !== 'stopped'
}

function conditionMissing(node: ApiObject): boolean {
  const ready = listAt(node, 'status', 'conditions').find((one) => one.type === 'Ready')
  return ready?.status !== 'True'
}

const healthy: readonly (readonly [string, string, string])[] = [
  ['MemoryPressure', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  ['DiskPressure', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  ['PIDPressure', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
]

function reported(cluster: Cluster, node: ApiObject): ApiObject {
  const now = timestamp(cluster.clock)
  let next = withAt(node, ['status', 'capacity'], at(node, 'status', 'capacity') ?? defaultCapacity)
  next = withAt(next, ['status', 'allocatable'], at(next, 'status', 'allocatable') ?? at(next, 'status', 'capacity'))
  for (const [type, reason, message] of healthy) {
    next = withCondition(next, { type, status: 'False', reason, message }, now, true)
  }
  const ready = {
    type: 'Ready',
    status: 'True',
    reason: 'KubeletReady',
    message: 'kubelet is posting ready status',
  } as const
  return withCondition(next, ready, now, true)
}

const defaultCapacity: JsonObject = { cpu: '8', memory: '32Gi', pods: '110', 'ephemeral-storage': '100Gi' }

function renewLease(cluster: Cluster, hand: Hand, node: ApiObject): void {
  const { name, uid = '' } = node.metadata
  const renewTime = `${new Date(cluster.clock.now()).toISOString().slice(0, -1)}000Z`
  const target = { kind: leases, namespace: leaseNamespace, name, subresource: '' }
  if (hand.get(leases, name, leaseNamespace)) {
    hand.update(target, (lease) => withAt(lease, ['spec', 'renewTime'], renewTime))
    return
  }
  const owner = { apiVersion: 'v1', kind: 'Node', name, uid }
  const spec = { holderIdentity: name, leaseDurationSeconds: leaseSeconds, renewTime }
  hand.create(leases, { metadata: { name, ownerReferences: [owner] }, spec }, leaseNamespace)
}

function started(cluster: Cluster, pod: ApiObject): ApiObject | undefined {
  if (pod.metadata.deletionTimestamp !== undefined || textAt(pod, 'status', 'phase') !== 'Pending') return undefined
  const now = timestamp(cluster.clock)
  const ip = podAddress(pod)
  const containerStatuses = listAt(pod, 'spec', 'containers').map((container) => ({
    name: textAt(container, 'name'),
    image: textAt(container, 'image'),
    imageID: `embedded://${textAt(container, 'image')}`,
    containerID: `embedded://${pod.metadata.uid}/${textAt(container, 'name')}`,
    ready: true,
    started: true,
    restartCount: 0,
    state: { running: { startedAt: now } },
    lastState: {},
  }))
  let next = withAt(pod, ['status'], {
    ...(at(pod, 'status') as JsonObject), // every stored pod has a status
    phase: 'Running',
    startTime: now,
    podIP: ip,
    podIPs: [{ ip }],
    containerStatuses,
  } as Json)
  for (const type of ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady']) {
    next = withCondition(next, { type, status: 'True', reason: '', message: '' }, now)
  }
  return next
}

/** A stable address of the modelled pod network, from the pod's uid. */
function podAddress(pod: ApiObject): string {
  const digits = (pod.metadata.uid ?? '').replaceAll('-', '').slice(0, 6)
  const number = Number.parseInt(digits || '1', 16)
  return `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255 || 1}`
}

function finishPod(hand: Hand, pod: ApiObject): void {
  if (pod.metadata.finalizers?.length && !isFinished(pod)) {
    const ended = withAt(pod, ['status', 'phase'], 'Succeeded')
    hand.update(targetOf(pods, pod, 'status'), () => ended)
  }
  hand.delete(targetOf(pods, pod), { graceSeconds: 0, uid: pod.metadata.uid })
}
