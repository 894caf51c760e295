/** Makes pods on nodes, tells what became of them, and takes them away when their repair has ended. */
import { type Api, type KubeObject, pods } from '../../../kube/api.ts'
import { isKubeError } from '../../../kube/errors.ts'
import { createObject, deleteObject, getObject, listObjects } from '../../../kube/objects.ts'
import { type OnNodeTask, type OnNodeVerb, resultOf } from '../../../model/on-node/order.ts'
import { shownText } from '../../../model/shown.ts'
import type { Operation, OperationView } from '../../../providers/provider.ts'
import type { Clock } from '../../../telemetry/clock.ts'
import {
  type Kept,
  nodeUidAnnotation,
  type OnNodeSettings,
  onNodeLabels,
  onNodePod,
  podName,
  repairLabel,
} from './pod.ts'

/** An order that has not begun by then does not begin any more: the node may have been repaired in another way. */
const orderMs = 10 * 60_000
/** A pod that does not start for so long is given up: its image cannot be pulled, or its kubelet is silent. */
const startMs = 3 * 60_000

interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string }
  readonly running?: object
  readonly terminated?: { readonly exitCode?: number; readonly reason?: string; readonly message?: string }
}

interface PodObject extends KubeObject {
  readonly status?: {
    readonly phase?: string
    readonly reason?: string
    readonly message?: string
    readonly containerStatuses?: readonly { readonly state?: ContainerState }[]
  }
}

/** What of an operation a pod is made for. */
export type OnNodePlan = Pick<Operation, 'id' | 'nodeName' | 'nodeUid' | 'bootId'>

export class OnNodePods {
  readonly #api: Api
  readonly #clock: Clock
  readonly #settings: OnNodeSettings
  /** Attempts that may have a pod; undefined until the first sweep has listed what an earlier process left. */
  #known: Set<string> | undefined

  constructor(api: Api, clock: Clock, settings: OnNodeSettings) {
    this.#api = api
    this.#clock = clock
    this.#settings = settings
  }

  /** Makes the pod of `operation`, once: a pod of that name is this one. Rejects with KubeError. */
  async begin(operation: OnNodePlan, task: OnNodeTask, timeoutMs: number, keptIn?: Kept): Promise<void> {
    const { id, nodeName, nodeUid, bootId = '' } = operation
    const order = { task, bootId, notAfter: this.#clock.now() + orderMs }
    this.#known?.add(id)
    try {
      const body = onNodePod(order, { attempt: id, nodeName, nodeUid }, this.#settings, keptIn)
      await createObject(this.#api, pods, body, { timeoutMs })
    } catch (error) {
      if (!isKubeError(error, 'NM_KUBE_EXISTS')) throw error
    }
  }

  /** Never before the call is on record; a pod that is gone cannot be told from one that has done its work. */
  async look({ id, nodeUid, bootId }: OnNodePlan, verb: OnNodeVerb): Promise<OperationView> {
    if (bootId === undefined) return { state: 'not-started' }
    const { namespace } = this.#settings
    const name = podName({ attempt: id }, verb)
    try {
      const pod = await getObject<PodObject>(this.#api, pods, { namespace, name })
      if (pod.metadata.annotations?.[nodeUidAnnotation] !== nodeUid) {
        return { state: 'unknown', why: `pod ${namespace}/${name} is for another Node object` }
      }
      return viewOf(pod, `pod ${namespace}/${name}`, this.#clock.now())
    } catch (error) {
      if (!isKubeError(error)) throw error
      const gone = error.code === 'NM_KUBE_NOT_FOUND'
      return { state: 'unknown', why: gone ? `pod ${namespace}/${name} is not there` : error.message }
    }
  }

  /** Deletes the pods of every attempt that is not in `open`. Calls nothing while there is none. */
  async sweep(open: ReadonlySet<string>): Promise<void> {
    if (this.#known && [...this.#known].every((attempt) => open.has(attempt))) return
    const { namespace } = this.#settings
    const labelSelector = Object.entries(onNodeLabels)
      .map((pair) => pair.join('='))
      .join()
    const { items } = await listObjects<KubeObject>(this.#api, pods, { namespace, labelSelector })
    const left = new Set<string>()
    for (const { metadata } of items) {
      const attempt = metadata.labels?.[repairLabel] ?? ''
      if (open.has(attempt)) left.add(attempt)
      else await this.#delete(metadata)
    }
    this.#known = left
  }

  async #delete({ name = '', uid = '' }: KubeObject['metadata']): Promise<void> {
    const { namespace } = this.#settings
    try {
      await deleteObject(this.#api, pods, { namespace, name }, { uid })
    } catch (error) {
      if (!isKubeError(error, 'NM_KUBE_NOT_FOUND', 'NM_KUBE_CONFLICT')) throw error
    }
  }
}

function viewOf({ metadata, status = {} }: PodObject, name: string, now: number): OperationView {
  const state = status.containerStatuses?.[0]?.state
  if (state?.terminated) {
    const { exitCode = -1, message } = state.terminated
    return { state: 'ended', ...resultOf(exitCode, message) }
  }
  if (status.phase === 'Failed' || status.phase === 'Succeeded') {
    const why = shownText(`${name} has ended: ${status.reason ?? status.phase} ${status.message ?? ''}`.trim())
    return { state: 'ended', outcome: 'failed', why }
  }
  if (state?.running) return { state: 'running', why: `${name} runs` }
  const waiting = state?.waiting
  const why = shownText(`${name} has not started: ${waiting?.message ?? waiting?.reason ?? 'kubelet has not taken it'}`)
  const late = now - Date.parse(metadata.creationTimestamp ?? '') > startMs
  return late ? { state: 'ended', outcome: 'failed', why } : { state: 'running', why }
}
