/** Modelled kubelets: nodes report themselves ready and renew their lease, pods start, and end when told to. */
import type { Cluster } from '../cluster.ts'
import { type ApiObject, numberAt, textAt, withAt } from '../json.ts'
import { builtinKind, storageKey } from '../kinds.ts'
import { isReady } from './conditions.ts'
import { repeated, reported, started } from './kubelet-status.ts'
import { addressOf, ChangeFeed, type Model, ModelClient, Reconciler } from './reconciler.ts'

export interface KubeletOptions {
  /** From binding to ready, milliseconds. Default 1,000. */
  readonly podStartMs?: number
  /** From deletion to gone, milliseconds, at most the pod's grace. Default 1,000. */
  readonly podStopMs?: number
  /** From the node's creation to Ready, milliseconds. Default 0. */
  readonly nodeReadyMs?: number
  /** Between two renewals of a node's lease, milliseconds. Default 10,000. */
  readonly renewEveryMs?: number
  /** Between two reports of a node's status, milliseconds. Default 300,000. */
  readonly reportEveryMs?: number
}

/**
 * What a node's kubelet does, where it does not report Ready=True: `stopped`, nothing at all, as on a machine without power;
 * `as-told`, it renews its lease and repeats the node's status as somebody else wrote it.
 */
export const kubeletAnnotation = 'embedded.nodemend.dev/kubelet'

/** Milliseconds that this pod takes to end, at most its grace. */
export const podStopAnnotation = 'embedded.nodemend.dev/pod-stop-ms'

const leaseSeconds = 40
const nodes = builtinKind('nodes')
const pods = builtinKind('pods')
const leases = builtinKind('leases')
const leaseNamespace = 'kube-node-lease'

/** Starts a kubelet for every node, also for those that come later. */
export function startKubelets(cluster: Cluster, options: KubeletOptions = {}): Model {
  return new Kubelets(cluster, options)
}

interface PodTimer {
  readonly dueAt: number
  readonly phase: 'start' | 'stop'
}

class Kubelets implements Model {
  readonly #cluster: Cluster
  readonly #options: Required<KubeletOptions>
  readonly #client: ModelClient
  readonly #feed: ChangeFeed
  readonly #reconciler: Reconciler
  /** The next step of each pod, by `namespace/name`. */
  readonly #pods = new Map<string, PodTimer>()
  /** When each node renews its lease next, and when it reports its status. */
  readonly #renewals = new Map<string, number>()
  readonly #reports = new Map<string, number>()

  constructor(cluster: Cluster, options: KubeletOptions) {
    this.#cluster = cluster
    this.#options = {
      podStartMs: 1_000,
      podStopMs: 1_000,
      nodeReadyMs: 0,
      renewEveryMs: 10_000,
      reportEveryMs: 300_000,
      ...options,
    }
    this.#client = new ModelClient(cluster, 'kubelet')
    this.#feed = new ChangeFeed(cluster, pods)
    this.#reconciler = new Reconciler(cluster, [nodes, pods], () => this.#round())
  }

  stop(): void {
    this.#reconciler.stop()
  }

  #round(): void {
    const now = this.#cluster.clock.monotonic()
    for (const pod of this.#feed.read().objects) this.#notice(pod, now)
    let next = this.#tendPods(now)
    const present = new Set<string>()
    for (const node of this.#client.list(nodes)) {
      present.add(node.metadata.name)
      if (isAlive(node)) next = Math.min(next, this.#tendNode(node, now))
    }
    for (const known of [this.#renewals, this.#reports]) {
      for (const name of known.keys()) if (!present.has(name)) known.delete(name)
    }
    if (next !== Number.POSITIVE_INFINITY) this.#reconciler.wake(Math.max(0, next - now))
  }

  /** Schedules the next step of a pod that was bound or deleted. */
  #notice(pod: ApiObject, now: number): void {
    const key = `${pod.metadata.namespace}/${pod.metadata.name}`
    const current = this.#cluster.store.get(storageKey(pods), key)
    if (!current) {
      this.#pods.delete(key)
      return
    }
    if (textAt(current, 'spec', 'nodeName') === '') return
    const known = this.#pods.get(key)?.phase
    const { podStartMs, podStopMs } = this.#options
    if (current.metadata.deletionTimestamp !== undefined) {
      const grace = numberAt(current, 'metadata', 'deletionGracePeriodSeconds') * 1000
      const takes = Number(current.metadata.annotations?.[podStopAnnotation] ?? podStopMs)
      if (known !== 'stop') this.#pods.set(key, { dueAt: now + Math.min(takes, grace), phase: 'stop' })
    } else if (textAt(current, 'status', 'phase') === 'Pending' && known !== 'start') {
      this.#pods.set(key, { dueAt: now + podStartMs, phase: 'start' })
    }
  }

  /** Starts and ends the pods that are due; returns when the next one is. */
  #tendPods(now: number): number {
    let next = Number.POSITIVE_INFINITY
    for (const [key, timer] of [...this.#pods]) {
      if (timer.dueAt > now) {
        next = Math.min(next, timer.dueAt)
        continue
      }
      const pod = this.#cluster.store.get(storageKey(pods), key)
      const node = pod && this.#client.get(nodes, textAt(pod, 'spec', 'nodeName'))
      if (pod && !(node && isAlive(node))) continue // a stopped kubelet changes no pod
      this.#pods.delete(key)
      if (!pod) continue
      if (timer.phase === 'stop') this.#client.delete(addressOf(pods, pod), { graceSeconds: 0, uid: pod.metadata.uid })
      else this.#client.update(addressOf(pods, pod, 'status'), (live) => started(live, this.#cluster.clock))
    }
    return next
  }

  /** Reports the nodes and renews the leases that are due; returns when the next one is. */
  #tendNode(node: ApiObject, now: number): number {
    const { name } = node.metadata
    const { clock } = this.#cluster
    const readyAt = Date.parse(node.metadata.creationTimestamp ?? '') + this.#options.nodeReadyMs
    if (clock.now() < readyAt) return now + (readyAt - clock.now())
    const told = node.metadata.annotations?.[kubeletAnnotation] === 'as-told'
    if (now >= (this.#reports.get(name) ?? 0) || !(told || isReady(node))) {
      this.#reports.set(name, now + this.#options.reportEveryMs)
      const write = told ? repeated : reported
      this.#client.update(addressOf(nodes, node, 'status'), (live) => write(live, clock))
    }
    if (now >= (this.#renewals.get(name) ?? 0)) {
      this.#renewals.set(name, now + this.#options.renewEveryMs)
      this.#renew(node)
    }
    return Math.min(this.#renewals.get(name) ?? now, this.#reports.get(name) ?? now)
  }

  #renew(node: ApiObject): void {
    const { name, uid = '' } = node.metadata
    const renewTime = `${new Date(this.#cluster.clock.now()).toISOString().slice(0, -1)}000Z`
    if (this.#client.get(leases, name, leaseNamespace)) {
      const address = { kind: leases, namespace: leaseNamespace, name, subresource: '' }
      this.#client.update(address, (lease) => withAt(lease, ['spec', 'renewTime'], renewTime))
      return
    }
    const owner = { apiVersion: 'v1', kind: 'Node', name, uid }
    const spec = { holderIdentity: name, leaseDurationSeconds: leaseSeconds, renewTime }
    this.#client.create(leases, { metadata: { name, ownerReferences: [owner] }, spec }, leaseNamespace)
  }
}

function isAlive(node: ApiObject): boolean {
  return node.metadata.annotations?.[kubeletAnnotation] !== 'stopped'
}
