/**
 * EvictionRequests (KEP-4563, `lifecycle.k8s.io`, alpha in Kubernetes 1.37): the pod's responders carry the eviction out, and the
 * request is withdrawn when the node recovers. docs/adr/0050-eviction-requests-and-fencing.md
 */
import type { Api, KubeObject, Resource } from '../../../kube/api.ts'
import { isKubeError } from '../../../kube/errors.ts'
import { createObject, deleteObject, listObjects, patchObject } from '../../../kube/objects.ts'
import type { Clock } from '../../../telemetry/clock.ts'
import { type DrainPod, podText } from '../drain/pod.ts'
import { wordsOf } from '../drain/words.ts'

const lifecycle = (plural: string, kind: string): Resource => ({
  group: 'lifecycle.k8s.io',
  version: 'v1alpha1',
  plural,
  kind,
  namespaced: true,
})
export const evictionRequests = lifecycle('evictionrequests', 'EvictionRequest')
export const evictions = lifecycle('evictions', 'Eviction')

/** Who we are to the responders; it is a label of the Evictions that our requests lead to. */
export const requester = 'nodemend.dev/controller'
/** Label of a request: the NodeRepair that made it. */
const repairLabel = 'nodemend.dev/repair'
/** Whether the kind is served is asked again after this. */
const unservedMs = 300_000
/** A request that no controller has looked at for so long is none: the kind is served, and nobody acts on it. */
const unseenMs = 60_000

interface Condition {
  readonly type: string
  readonly status: string
  readonly reason?: string
}

interface RequestObject extends KubeObject {
  readonly spec?: {
    readonly target?: { readonly pod?: { readonly name?: string; readonly uid?: string } }
    readonly intent?: string
  }
  readonly status?: { readonly observedGeneration?: number; readonly conditions?: readonly Condition[] }
}

interface EvictionObject extends KubeObject {
  readonly spec?: { readonly target?: { readonly pod?: { readonly uid?: string } } }
  readonly status?: {
    readonly targetResponders?: readonly { readonly name: string; readonly state?: string }[]
    readonly responders?: readonly { readonly name: string; readonly message?: string }[]
  }
}

/** What became of one request. */
interface RequestView {
  readonly podUid: string
  readonly state: 'pending' | 'failed' | 'unseen'
  /** For people: who works on it, or why it failed. */
  readonly why: string
}

export interface RequestsView {
  readonly pending: readonly RequestView[]
  /** Requests whose pod has gone since the last look. */
  readonly fulfilled: number
}

export class EvictionRequests {
  readonly #api: Api
  readonly #clock: Clock
  #unservedUntil = Number.NEGATIVE_INFINITY
  /** Nobody acts on them: none is made until then. */
  #unseenUntil = Number.NEGATIVE_INFINITY

  constructor(api: Api, clock: Clock) {
    this.#api = api
    this.#clock = clock
  }

  /**
   * How the requests of `attempt` stand for the pods that are `listed`; those of others are over, and go. A pod whose request
   * came to nothing is put into `unrequested`, with why. Undefined where the cluster serves none. Rejects with KubeError.
   */
  async look(
    attempt: string,
    listed: readonly DrainPod[],
    unrequested: Map<string, string>,
  ): Promise<RequestsView | undefined> {
    const found = this.#clock.monotonic() < this.#unseenUntil ? undefined : await this.#list(attempt)
    if (!found) return undefined
    const there = new Map(listed.filter(({ finished }) => !finished).map((pod) => [pod.uid, pod]))
    const fulfilled = found.filter((one) => !there.has(uidOf(one))).length
    if (fulfilled > 0) await this.withdraw(attempt, new Set(there.keys()))
    const views = await this.#viewsOf(found.filter((one) => there.has(uidOf(one))))
    for (const view of views) {
      const pod = there.get(view.podUid)
      if (pod && view.state !== 'pending') unrequested.set(pod.uid, insteadText(pod, view))
    }
    return { pending: views.filter(({ state }) => state === 'pending'), fulfilled }
  }

  async #viewsOf(found: readonly RequestObject[]): Promise<readonly RequestView[]> {
    const open = found.filter(({ spec }) => spec?.intent === 'Eviction')
    const working = open.length === 0 ? new Map<string, string>() : await this.#progress()
    const views = open.map((one) => this.#view(one, working))
    if (views.some(({ state }) => state === 'unseen')) this.#unseenUntil = this.#clock.monotonic() + unservedMs
    return views
  }

  /** Asks that the pod be evicted. False where it has to be evicted otherwise. Rejects with KubeError where that may pass. */
  async take(pod: DrainPod, attempt: string, unrequested: ReadonlyMap<string, string>): Promise<boolean> {
    // A pod of a PodGroup is refused as a target (EvictionInvalid).
    if (pod.schedulingGroup !== undefined || unrequested.has(pod.uid)) return false
    const { namespace, name, uid } = pod
    const metadata = { name: `nodemend-${uid}`, namespace, labels: { [repairLabel]: attempt } }
    const spec = { target: { pod: { name, uid } }, requester, intent: 'Eviction' }
    try {
      await createObject(this.#api, evictionRequests, { metadata, spec } as KubeObject)
      return true
    } catch (error) {
      if (isKubeError(error, 'NM_KUBE_EXISTS')) return this.#intend({ metadata }, attempt)
      if (isKubeError(error, 'NM_KUBE_FORBIDDEN', 'NM_KUBE_INVALID', 'NM_KUBE_NOT_FOUND')) return false
      throw error
    }
  }

  /** Withdraws every request of `attempt` but those for `kept` pods, and removes them. Answers how many there were. Rejects with KubeError. */
  async withdraw(attempt: string, kept: ReadonlySet<string> = new Set()): Promise<number> {
    const found = (await this.#list(attempt)) ?? []
    const over = found.filter((one) => !kept.has(uidOf(one)))
    await Promise.all(over.map((one) => this.#drop(one)))
    return over.length
  }

  /** The intent first: whoever watches the request learns that it is withdrawn before it is gone. */
  async #drop({ metadata }: RequestObject): Promise<void> {
    const { name = '', namespace = '' } = metadata
    const ref = { name, namespace }
    try {
      await patchObject(this.#api, evictionRequests, ref, { spec: { intent: 'Withdrawn' } }, { type: 'merge' })
      await deleteObject(this.#api, evictionRequests, ref)
    } catch (error) {
      if (!isKubeError(error, 'NM_KUBE_NOT_FOUND')) throw error
    }
  }

  /** Once more, where an earlier request for the pod was withdrawn. */
  async #intend({ metadata }: KubeObject, attempt: string): Promise<true> {
    const { name = '', namespace = '' } = metadata
    const patch = { metadata: { labels: { [repairLabel]: attempt } }, spec: { intent: 'Eviction' } }
    await patchObject(this.#api, evictionRequests, { name, namespace }, patch, { type: 'merge' })
    return true
  }

  async #list(attempt: string): Promise<readonly RequestObject[] | undefined> {
    if (this.#clock.monotonic() < this.#unservedUntil) return undefined
    const labelSelector = `${repairLabel}=${attempt}`
    try {
      return (await listObjects<RequestObject>(this.#api, evictionRequests, { labelSelector })).items
    } catch (error) {
      if (!isKubeError(error, 'NM_KUBE_NOT_FOUND', 'NM_KUBE_FORBIDDEN')) throw error
      this.#unservedUntil = this.#clock.monotonic() + unservedMs
      return undefined
    }
  }

  /** By UID of the pod, which responder works on it and what it says. */
  async #progress(): Promise<ReadonlyMap<string, string>> {
    try {
      const { items } = await listObjects<EvictionObject>(this.#api, evictions, { labelSelector: requester })
      return new Map(items.map((one) => [one.spec?.target?.pod?.uid ?? '', progressOf(one)]))
    } catch (error) {
      if (isKubeError(error)) return new Map() // it only tells
      throw error
    }
  }

  #view(request: RequestObject, working: ReadonlyMap<string, string>): RequestView {
    const podUid = uidOf(request)
    const { metadata, status = {} } = request
    const { observedGeneration, conditions = [] } = status
    const failed = conditions.find((one) => one.type === 'Failed' && one.status === 'True')
    if (failed) return { podUid, state: 'failed', why: wordsOf(failed.reason ?? 'no reason') }
    const age = this.#clock.now() - Date.parse(metadata.creationTimestamp ?? '')
    if (observedGeneration === undefined && conditions.length === 0 && age > unseenMs) {
      return { podUid, state: 'unseen', why: 'no controller acts on EvictionRequests' }
    }
    const why = `EvictionRequest ${metadata.name ?? ''}: ${working.get(podUid) ?? 'no responder has begun'}`
    return { podUid, state: 'pending', why }
  }
}

function uidOf({ spec }: RequestObject): string {
  return spec?.target?.pod?.uid ?? ''
}

function progressOf({ status = {} }: EvictionObject): string {
  const active = status.targetResponders?.find(({ state }) => state === 'Active')
  if (!active) return 'no responder has begun'
  const { message = '' } = status.responders?.find(({ name }) => name === active.name) ?? {}
  return wordsOf(`responder ${active.name} is at work${message === '' ? '' : `: ${message}`}`)
}

/** What the record says of a pod whose request came to nothing. */
function insteadText(pod: DrainPod, { why }: RequestView): string {
  return `${podText(pod)}: its EvictionRequest came to nothing (${why}), so pods/eviction is used`
}
