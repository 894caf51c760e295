/** One pass of a drain: list, plan, evict what is due, say what is left. Passes repeat until nothing is; any may be the last. */
import { type Api, type KubeObject, nodes, pods } from '../../../kube/api.ts'
import { isKubeError } from '../../../kube/errors.ts'
import { deleteObject, evictPod, getObject, listObjects } from '../../../kube/objects.ts'
import type { Taint } from '../../../model/node.ts'
import type { DrainLimits } from '../../../model/policy.ts'
import type { Attempt, Blocker } from '../../../model/repair.ts'
import type { Clock, Random } from '../../../telemetry/clock.ts'
import { repairTaintKey, taintSettleMs } from '../taint.ts'
import { EvictionPacing, type Refusal, refusalIn } from './pacing.ts'
import { type DrainPlan, doNotDisruptKeys, forcedGrace, graceOf, planDrain } from './plan.ts'
import { type DrainPod, type PodObject, podText, readPod } from './pod.ts'
import { Returns } from './returns.ts'
import { isSilent, type ReadyReport } from './silent.ts'

/** At most this many evictions per pass and node, all at once. */
const mostAtOnce = 20
/** A list in pages is read from etcd by older API servers, which go through every pod of the cluster for the pods of one node. */
const onePage = 0
/** As the CRD's schema: more would be cut anyway. */
const mostListed = 64
const mostBudgets = 32
/** A pod without a controller that does not come onto the record is evicted after this all the same. */
const unrecordedMs = 30_000

export interface DrainPass {
  /** When the list was made: a list before our taint had five seconds to settle proves nothing. */
  readonly listedAt: number
  /** The node is gone, or another one has its name: nothing of it was touched. */
  readonly nodeGone: boolean
  /** Somebody removed our taint: they want the node back. */
  readonly taintGone: boolean
  readonly evicted: number
  /** Pods that still have to leave. */
  readonly remaining: number
  /** True when all that remain stand in the way and nothing is moving. */
  readonly stuck: boolean
  readonly blockers: readonly Blocker[]
  readonly left: readonly string[]
  /** Pods without a controller, on record before they are evicted. */
  readonly lost?: readonly string[]
}

/** What becomes of the machine once its pods have left. */
export interface Departure {
  /** It is taken away, and what tolerates our taint is lost with it. */
  readonly machineGoes: boolean
  /** The provider empties the node itself, and waits for each pod that does not tolerate this taint. */
  readonly providerTaint?: string | undefined
}

interface NodeObject extends KubeObject {
  readonly spec?: { readonly taints?: readonly Taint[] }
  readonly status?: { readonly conditions?: readonly ReadyReport[] }
}

export class Drainer {
  readonly #api: Api
  readonly #clock: Clock
  readonly #random: Random
  readonly #memories = new Map<string, Memory>()

  constructor(api: Api, clock: Clock, random: Random) {
    this.#api = api
    this.#clock = clock
    this.#random = random
  }

  /** One pass for `attempt`, under the committed limits. Rejects with KubeError when pods or node cannot be read. */
  async pass(
    attempt: Attempt,
    limits: DrainLimits,
    deadline: number,
    departure: Departure = { machineGoes: true },
  ): Promise<DrainPass> {
    const node = await this.#readNode(attempt)
    const listedAt = this.#clock.now()
    const onNode = { fieldSelector: `spec.nodeName=${attempt.nodeName}`, limit: onePage }
    const found = await listObjects<PodObject>(this.#api, pods, onNode)
    const listed = found.items.map(readPod)
    const memory = this.#memoryOf(attempt.name, listed)
    const back = listed.filter((pod) => memory.returns.isBack(pod, (attempt.taintedAt ?? listedAt) + taintSettleMs))
    const plan = planDrain({
      ...departure,
      pods: listed,
      nodeReady: node?.status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false,
      kubeletSilent: isSilent(node?.status?.conditions ?? [], listedAt),
      nodeProtected: doNotDisruptKeys.some((key) => node?.metadata.annotations?.[key] === 'true'),
      limits,
      deadline,
      now: listedAt,
      back: new Set(back.map((pod) => pod.uid)),
      dueAgain: new Set(back.filter((pod) => memory.returns.isDue(pod)).map((pod) => pod.uid)),
      named: this.#namedIn(attempt, listed, memory),
    })
    const nodeGone = node === undefined
    const taintGone = !nodeGone && !isTainted(node, attempt.name)
    const evicted = nodeGone || taintGone ? 0 : await this.#empty({ plan, limits, deadline, memory, listed, back })
    const lost = lostText(attempt, plan)
    for (const pod of lost) memory.told.set(pod, memory.told.get(pod) ?? this.#clock.monotonic())
    return {
      listedAt,
      nodeGone,
      taintGone,
      evicted,
      ...summarise(plan, memory.pacing),
      ...(lost.length > 0 && { lost }),
    }
  }

  /** Forgets what the pods of an ended attempt answered. */
  forget(attempt: string): void {
    this.#memories.delete(attempt)
  }

  /** How many pods now leave. */
  async #empty({ plan, limits, deadline, memory, listed, back }: Emptying): Promise<number> {
    const { pacing, returns } = memory
    const due = [...plan.force, ...plan.evict].filter((pod) => pacing.isDue(pod.uid)).slice(0, mostAtOnce)
    const asked = plan.ask.map(({ pod }) => pod).filter(({ uid }) => pacing.isDue(uid) && !pacing.isAgreed(uid))
    const answers = await Promise.all([
      ...due.map(async (pod) => {
        const forced = plan.force.includes(pod) && mayForce(limits, pacing.refusalOf(pod.uid))
        const leaves = await (forced ? this.#delete(pod, deadline) : this.#evict(pod, limits, pacing))
        if (leaves) returns.evicted(pod, listed, back.includes(pod))
        return leaves
      }),
      ...asked.slice(0, mostAtOnce).map((pod) => this.#ask(pod, pacing)),
    ])
    return answers.filter((leaves) => leaves).length
  }

  /** Asks about the pod's eviction without evicting it; nothing leaves. */
  async #ask(pod: DrainPod, pacing: EvictionPacing): Promise<false> {
    const answer = await evictPod(this.#api, pod, { dryRun: true })
    const refusal = refusalIn(answer)
    if (refusal) pacing.refused(pod.uid, refusal, 'retryAfterMs' in answer ? answer.retryAfterMs : undefined)
    else pacing.agreed(pod.uid)
    return false
  }

  /** True when the pod now leaves. */
  async #evict(pod: DrainPod, limits: DrainLimits, pacing: EvictionPacing): Promise<boolean> {
    const gracePeriodSeconds = graceOf(pod, limits)
    const answer = await evictPod(this.#api, pod, gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds })
    const refusal = refusalIn(answer)
    if (refusal) pacing.refused(pod.uid, refusal, 'retryAfterMs' in answer ? answer.retryAfterMs : undefined)
    else pacing.accepted(pod.uid)
    return answer.kind === 'evicted'
  }

  async #delete(pod: DrainPod, deadline: number): Promise<boolean> {
    const gracePeriodSeconds = forcedGrace(pod, deadline, this.#clock.now())
    const { namespace, name, uid } = pod
    try {
      await deleteObject(this.#api, pods, { namespace, name }, { uid, gracePeriodSeconds })
      return true
    } catch (error) {
      if (isKubeError(error)) return false // gone, another pod by now, or the next pass tries again
      throw error
    }
  }

  async #readNode({ nodeName, nodeUid }: Attempt): Promise<NodeObject | undefined> {
    try {
      const node = await getObject<NodeObject>(this.#api, nodes, { name: nodeName })
      return node.metadata.uid === nodeUid ? node : undefined
    } catch (error) {
      if (isKubeError(error, 'NM_KUBE_NOT_FOUND')) return undefined
      throw error
    }
  }

  /** Pods that the record names as lost; with a full list, every pod counts as named. An older CRD drops the list: then time does. */
  #namedIn({ drain }: Attempt, listed: readonly DrainPod[], { told }: Memory): ReadonlySet<string> {
    const named = drain?.lost ?? []
    if (named.length >= mostListed) return new Set(listed.map(podText))
    const since = this.#clock.monotonic() - unrecordedMs
    return new Set([...named, ...[...told].flatMap(([pod, at]) => (at <= since ? [pod] : []))])
  }

  #memoryOf(attempt: string, listed: readonly DrainPod[]): Memory {
    const fresh = (): Memory => ({
      pacing: new EvictionPacing(this.#clock, this.#random),
      returns: new Returns(this.#clock),
      told: new Map(),
    })
    const memory = this.#memories.get(attempt) ?? fresh()
    this.#memories.set(attempt, memory)
    memory.pacing.keepOnly(new Set(listed.map((pod) => pod.uid)))
    return memory
  }
}

/** What the pods of one attempt answered. */
interface Memory {
  readonly pacing: EvictionPacing
  readonly returns: Returns
  /** Since when each pod without a controller has been told, monotonic. */
  readonly told: Map<string, number>
}

interface Emptying {
  readonly plan: DrainPlan
  readonly limits: DrainLimits
  readonly deadline: number
  readonly memory: Memory
  readonly listed: readonly DrainPod[]
  readonly back: readonly DrainPod[]
}

/** The pods without a controller, those on record first. */
function lostText({ drain }: Attempt, plan: DrainPlan): readonly string[] {
  return [...new Set([...(drain?.lost ?? []), ...plan.bare.map(podText)])].slice(0, mostListed)
}

/** A pod is asked politely first; then a budget's no is overruled only where the policy says so. */
function mayForce(limits: DrainLimits, refusal: Refusal | undefined): boolean {
  if (refusal === undefined) return false
  return !refusal.budget || limits.pdb === 'RespectUntilDeadline'
}

type Summary = Omit<DrainPass, 'listedAt' | 'nodeGone' | 'taintGone' | 'evicted' | 'lost'>

function summarise(plan: DrainPlan, pacing: EvictionPacing): Summary {
  const leaving = [...plan.evict, ...plan.force]
  const pending = plan.ask.filter(({ pod }) => !pacing.isAgreed(pod.uid)).map(({ pod }) => pod)
  const refused = [...leaving, ...pending].flatMap((pod) => blockerOf(pod, pacing) ?? [])
  const held = plan.blocked.map(({ pod, kind, why }) => ({ pod: podText(pod), kind, reason: why, budgets: [] }))
  const blockers = [...refused, ...held]
  const agreed = plan.ask.filter(({ pod }) => pacing.isAgreed(pod.uid))
  // Pods of a later tier wait behind the blocked ones: they move nothing either.
  const moving =
    leaving.length + pending.length - refused.length + plan.wait.filter((pod) => pod.deletedAt !== undefined).length
  return {
    remaining: leaving.length + pending.length + plan.wait.length + plan.blocked.length,
    stuck: blockers.length > 0 && moving === 0,
    blockers: blockers.slice(0, mostListed),
    left: [...plan.left, ...agreed].map(({ pod, why }) => `${podText(pod)}: ${why}`).slice(0, mostListed),
  }
}

/** What the last answer to the pod's eviction says, if it stands in the way. */
function blockerOf(pod: DrainPod, pacing: EvictionPacing): Blocker | undefined {
  const refusal = pacing.refusalOf(pod.uid)
  if (!refusal?.blocks) return undefined
  const { budget, reason, budgets } = refusal
  return { pod: podText(pod), kind: budget ? 'budget' : 'refused', reason, budgets: budgets.slice(0, mostBudgets) }
}

function isTainted(node: NodeObject, attempt: string): boolean {
  return node.spec?.taints?.some((taint) => taint.key === repairTaintKey && taint.value === attempt) ?? false
}
