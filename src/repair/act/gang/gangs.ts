/**
 * Gangs with pods on several sick nodes are interrupted once: their pods on nodes that wait for their turn leave with those of the node
 * that is drained, and a mark keeps them from coming back there. docs/adr/0049-gangs.md
 */
import { type Api, type KubeObject, pods, type Resource } from '../../../kube/api.ts'
import { isKubeError } from '../../../kube/errors.ts'
import { getObject, listObjects } from '../../../kube/objects.ts'
import type { Attempt } from '../../../model/repair.ts'
import { type DrainPod, type PodObject, readPod } from '../drain/pod.ts'
import { setGangMark } from '../taint.ts'
import { type Gang, gangOf, gangText, selectorOf } from './kinds.ts'
import type { GangPeer } from './peers.ts'

export const podGroups: Resource = {
  group: 'scheduling.k8s.io',
  version: 'v1beta1',
  plural: 'podgroups',
  kind: 'PodGroup',
  namespaced: true,
}

/** Of one node; more are drained like any other pods. */
const mostGangs = 8
/** A node whose repair begins has its taint after this, or is not waited for. */
const taintWaitMs = 30_000

interface PodGroupObject extends KubeObject {
  readonly spec?: { readonly disruptionMode?: { readonly all?: object | null } }
}

export interface Gathered {
  /** Pods of the same gangs on nodes that wait for their turn. */
  readonly members: readonly DrainPod[]
  /** UIDs of pods that are not evicted yet: another node of their gang is about to be drained. */
  readonly held: ReadonlySet<string>
  readonly notes: readonly string[]
}

export const alone: Gathered = { members: [], held: new Set(), notes: [] }

export class Gangs {
  readonly #api: Api
  /** By attempt: its gangs by their text. They stay known when the node's own pods have left. */
  readonly #known = new Map<string, Map<string, Gang>>()
  /** Whether a PodGroup is disrupted as a whole: it never changes. */
  readonly #whole = new Map<string, boolean>()

  constructor(api: Api) {
    this.#api = api
  }

  /** Finds the gangs among `listed`, and marks the nodes that wait. Rejects with KubeError: then nothing is evicted. */
  async gather(
    attempt: Attempt,
    listed: readonly DrainPod[],
    peers: readonly GangPeer[],
    now: number,
  ): Promise<Gathered> {
    const gangs = await this.#gangsOf(attempt.name, listed)
    if (peers.length === 0) return alone
    const all = await Promise.all(gangs.map((gang) => this.#one(gang, attempt, listed, peers, now)))
    return {
      members: all.flatMap(({ members }) => members),
      held: new Set(all.flatMap(({ held }) => [...held])),
      notes: all.flatMap(({ notes }) => notes),
    }
  }

  forget(attempt: string): void {
    this.#known.delete(attempt)
  }

  async #one(
    gang: Gang,
    attempt: Attempt,
    listed: readonly DrainPod[],
    peers: readonly GangPeer[],
    now: number,
  ): Promise<Gathered> {
    const text = gangText(gang)
    const members = await this.#membersOf(gang)
    const hosting = peers.filter(({ name }) => members.some((pod) => pod.nodeName === name))
    const begins = hosting.some(({ state }) => state === 'begins') && now < (attempt.taintedAt ?? now) + taintWaitMs
    const mine = begins ? listed.filter((pod) => isOf(pod, text)).map(({ uid }) => uid) : []
    const marked = await this.#mark(hosting, attempt)
    if (marked.length === 0) return { members: [], held: new Set(mine), notes: [] }
    const nodes = [attempt.nodeName, ...marked].join(', ')
    return {
      members: members.filter((pod) => marked.includes(pod.nodeName ?? '')),
      held: new Set(mine),
      notes: [`${text} is interrupted once for nodes ${nodes}: its pods leave all of them now`],
    }
  }

  /** Names of the nodes that carry the mark now. */
  async #mark(hosting: readonly GangPeer[], attempt: Attempt): Promise<readonly string[]> {
    const waiting = hosting.filter(({ state }) => state === 'waits')
    const answers = await Promise.all(
      waiting.map(async (peer) => {
        if ((await peer.objection()) !== undefined) return []
        if (!peer.marked && (await setGangMark(this.#api, peer, attempt.name)) === 'gone') return []
        return [peer.name]
      }),
    )
    return answers.flat()
  }

  async #membersOf(gang: Gang): Promise<readonly DrainPod[]> {
    const labelSelector = selectorOf(gang)
    const text = gangText(gang)
    const { items } = await listObjects<KubeObject & { readonly pod: DrainPod }, PodObject>(this.#api, pods, {
      namespace: gang.namespace,
      ...(labelSelector !== undefined && { labelSelector }),
      project: (object) => ({ metadata: {}, pod: readPod(object) }),
    })
    return items.map(({ pod }) => pod).filter((pod) => isOf(pod, text) && mayLeave(pod))
  }

  async #gangsOf(attempt: string, listed: readonly DrainPod[]): Promise<readonly Gang[]> {
    const known = this.#known.get(attempt) ?? new Map<string, Gang>()
    this.#known.set(attempt, known)
    for (const pod of listed.filter(mayLeave)) {
      const gang = gangOf(pod)
      if (!gang || known.size >= mostGangs || known.has(gangText(gang))) continue
      if (await this.#isWhole(gang)) known.set(gangText(gang), gang)
    }
    return [...known.values()]
  }

  /** A PodGroup says how it may be disrupted; one that cannot be read counts as single pods. */
  async #isWhole(gang: Gang): Promise<boolean> {
    if (gang.kind.on !== 'scheduling-group') return true
    const text = gangText(gang)
    const known = this.#whole.get(text)
    if (known !== undefined) return known
    try {
      const { spec } = await getObject<PodGroupObject>(this.#api, podGroups, gang)
      const whole = (spec?.disruptionMode?.all ?? undefined) !== undefined
      this.#whole.set(text, whole)
      return whole
    } catch (error) {
      if (isKubeError(error, 'NM_KUBE_NOT_FOUND', 'NM_KUBE_FORBIDDEN')) return false
      throw error
    }
  }
}

function isOf(pod: DrainPod, text: string): boolean {
  const gang = gangOf(pod)
  return gang !== undefined && gangText(gang) === text
}

function mayLeave({ mirror, finished, owner }: DrainPod): boolean {
  return !mirror && !finished && owner !== 'DaemonSet'
}
