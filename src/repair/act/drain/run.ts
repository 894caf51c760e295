/** One pass of a drain: list, plan, evict what is due, say what is left. Passes repeat until nothing is; any may be the last. */
import { type Api, type KubeObject, nodes, pods } from '../../../kube/api.ts'
import { isKubeError } from '../../../kube/errors.ts'
import { evictPod, getObject, listObjects } from '../../../kube/objects.ts'
import type { Taint } from '../../../model/node.ts'
import type { DrainLimits } from '../../../model/policy.ts'
import type { Attempt } from '../../../model/repair.ts'
import type { Clock, Random } from '../../../telemetry/clock.ts'
import { alone, Gangs } from '../gang/gangs.ts'
import { EvictionRequests } from '../requests/requests.ts'
import { repairTaintKey, taintSettleMs } from '../taint.ts'
import { explained, foreseen, PodBudgets } from './budgets.ts'
import type { Departure } from './departure.ts'
import { deletePod } from './force.ts'
import { DrainMemories, type DrainMemory } from './memory.ts'
import { type EvictionPacing, type Refusal, refusalIn } from './pacing.ts'
import { type DrainPlan, forcedGrace, graceOf, planDrain } from './plan.ts'
import { type DrainPod, type PodObject, podText, readPod } from './pod.ts'
import { doNotDisruptKeys } from './protection.ts'
import { EvictionRate } from './rate.ts'
import { saveStateRepairKey, takeSignBack, tellToSave } from './save-state.ts'
import { isSilent, type ReadyReport } from './silent.ts'
import { type DrainSummary, lostText, mostListed, notesOf, summarise } from './summary.ts'
import { AttachedVolumes } from './volumes.ts'

/** At most this many evictions per pass and node, all at once. */
const mostAtOnce = 20
/** A list in pages is read from etcd by older API servers, which go through every pod of the cluster for the pods of one node. */
const onePage = 0
/** A pod without a controller that does not come onto the record is evicted after this all the same. */
const unrecordedMs = 30_000

export interface DrainPass extends DrainSummary {
  /** When the list was made: a list before our taint had five seconds to settle proves nothing. */
  readonly listedAt: number
  /** The node is gone, or another one has its name: nothing of it was touched. */
  readonly nodeGone: boolean
  /** Somebody removed our taint: they want the node back. */
  readonly taintGone: boolean
  readonly evicted: number
  /** Pods without a controller, on record before they are evicted. */
  readonly lost?: readonly string[]
  /** Volumes of pods that have left, as far as that is known, which are still attached to the machine. */
  readonly attached?: readonly string[]
  /** What else people should know about the pods. */
  readonly notes?: readonly string[]
  /** Kubelet is silent, and pods that were told to end are still there. */
  readonly unended?: boolean
  /** They are about to be freed: see `act/fence`. */
  readonly freeing?: boolean
}

interface NodeObject extends KubeObject {
  readonly spec?: { readonly taints?: readonly Taint[] }
  readonly status?: { readonly conditions?: readonly ReadyReport[] }
}

export class Drainer {
  readonly #api: Api
  readonly #clock: Clock
  readonly #memories: DrainMemories
  readonly #budgets: PodBudgets
  readonly #volumes: AttachedVolumes
  readonly #rate: EvictionRate
  readonly #gangs: Gangs
  readonly #requests: EvictionRequests

  constructor(api: Api, clock: Clock, random: Random) {
    this.#api = api
    this.#clock = clock
    this.#memories = new DrainMemories(clock, random)
    this.#budgets = new PodBudgets(api, clock)
    this.#volumes = new AttachedVolumes(api, clock)
    this.#rate = new EvictionRate(clock)
    this.#gangs = new Gangs(api)
    this.#requests = new EvictionRequests(api, clock)
  }

  /** One pass for `attempt`, under the committed limits. Rejects with KubeError when pods or node cannot be read. */
  async pass(
    attempt: Attempt,
    limits: DrainLimits,
    deadline: number,
    { peers = [], concerns, ...departure }: Departure = { machineGoes: true },
  ): Promise<DrainPass> {
    const node = await this.#readNode(attempt)
    const listedAt = this.#clock.now()
    const own = await this.#podsOn(attempt.nodeName, concerns)
    const nodeGone = node === undefined
    const taintGone = !nodeGone && !isTainted(node, attempt.name)
    const gathers = !nodeGone && !taintGone
    const gang = gathers ? await this.#gangs.gather(attempt, own, peers, listedAt) : alone
    const listed = [...own, ...gang.members]
    const memory = this.#memories.of(attempt.name, listed)
    const requests = gathers ? await this.#requests.look(attempt.name, listed, memory.unrequested) : undefined
    const taintedAt = attempt.taintedAt ?? listedAt
    const back = listed.filter((pod) => memory.returns.isBack(pod, taintedAt + taintSettleMs))
    const kubeletSilent = isSilent(node?.status?.conditions ?? [], listedAt)
    const plan = planDrain({
      ...departure,
      pods: listed,
      attempt: attempt.name,
      nodeReady: node?.status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false,
      kubeletSilent,
      nodeProtected: doNotDisruptKeys.some((key) => node?.metadata.annotations?.[key] === 'true'),
      limits,
      startedAt: attempt.drain?.startedAt ?? listedAt,
      deadline,
      now: listedAt,
      back: new Set(back.map((pod) => pod.uid)),
      dueAgain: new Set(back.filter((pod) => memory.returns.isDue(pod)).map((pod) => pod.uid)),
      named: this.#namedIn(attempt, listed, memory),
      requested: new Map(requests?.pending.map(({ podUid, why }) => [podUid, why])),
      held: gang.held,
      untold: new Set(memory.unsigned.keys()),
    })
    const early = listedAt < taintedAt + (limits.leaveLoadBalancersMs ?? 0)
    const idle = nodeGone || taintGone || early
    const emptying = { attempt, plan, limits, deadline, memory, listed, back, requesting: requests !== undefined }
    const evicted = (idle ? 0 : await this.#empty(emptying)) + (requests?.fulfilled ?? 0)
    const lost = lostText(attempt, plan)
    for (const pod of lost) memory.told.set(pod, memory.told.get(pod) ?? this.#clock.monotonic())
    const summary = summarise(plan, memory.pacing)
    const looks = summary.remaining === 0 && !kubeletSilent && !nodeGone
    const { attached = [], note } = looks ? await this.#attached(attempt.nodeName, plan) : {}
    const notes = notesOf(attempt, [
      ...gang.notes,
      ...plan.notes,
      ...memory.unsigned.values(),
      ...memory.unrequested.values(),
      ...(note === undefined ? [] : [note]),
    ])
    return {
      listedAt,
      nodeGone,
      taintGone,
      evicted,
      ...summary,
      ...(lost.length > 0 && { lost }),
      ...(attached.length > 0 && { attached: attached.slice(0, mostListed) }),
      ...(notes.length > 0 && { notes }),
      ...(kubeletSilent && own.some(({ deletedAt }) => deletedAt !== undefined) && { unended: true }),
    }
  }

  /** What will hold up the drain of `node` as its budgets stand now, for people; undefined where nothing is known to. */
  async foresee(node: string): Promise<string | undefined> {
    try {
      return foreseen((await this.#podsOn(node)).filter(isEvictable), await this.#budgets.list())
    } catch (error) {
      if (isKubeError(error)) return undefined // it only informs: the drain itself says what it cannot read
      throw error
    }
  }

  /**
   * Withdraws every request of an ended drain, or rejects with KubeError, and tells pods that stay on its node, and on `others`
   * with its mark, that they may go on: tried once, for a sign that stays names a repair that is over.
   */
  async takeBack({ name, nodeName }: Attempt, others: readonly string[]): Promise<void> {
    await this.#requests.withdraw(name)
    try {
      const listed = await Promise.all([nodeName, ...others].map((node) => this.#podsOn(node)))
      const told = listed.flat().filter((pod) => pod.annotations[saveStateRepairKey] === name)
      await Promise.all(told.map((pod) => takeSignBack(this.#api, pod)))
    } catch (error) {
      if (!isKubeError(error)) throw error
    }
  }

  /** Forgets what the pods of an ended attempt answered. */
  forget(attempt: string): void {
    this.#memories.forget(attempt)
    this.#gangs.forget(attempt)
  }

  async #podsOn(node: string, concerns: Departure['concerns'] = () => true): Promise<readonly DrainPod[]> {
    const found = await listObjects<PodObject>(this.#api, pods, {
      fieldSelector: `spec.nodeName=${node}`,
      limit: onePage,
    })
    return found.items.filter(concerns).map(readPod)
  }

  /** How many pods now leave. */
  async #empty(emptying: Emptying): Promise<number> {
    const { attempt, plan, limits, deadline, memory, listed, back, requesting } = emptying
    const { pacing, returns } = memory
    const ready = [...plan.force, ...plan.evict].filter((pod) => pacing.isDue(pod.uid)).slice(0, mostAtOnce)
    const due = ready.slice(0, this.#rate.take(ready.length))
    const asked = plan.ask.map(({ pod }) => pod).filter(({ uid }) => pacing.isDue(uid) && !pacing.isAgreed(uid))
    const answers = await Promise.all([
      ...due.map(async (pod) => {
        const forced = plan.force.includes(pod) && mayForce(limits, pacing.refusalOf(pod.uid))
        if (requesting && !forced && (await this.#requests.take(pod, attempt.name, memory.unrequested))) return false
        const leaves = await (forced ? this.#delete(pod, deadline, attempt) : this.#evict(pod, limits, pacing))
        if (leaves) returns.evicted(pod, listed, back.includes(pod))
        return leaves
      }),
      ...asked.slice(0, mostAtOnce).map((pod) => this.#ask(pod, pacing)),
      ...plan.tell.slice(0, mostAtOnce).map(async ({ pod, until }) => {
        const refused = await tellToSave(this.#api, pod, attempt.name, until)
        if (refused !== undefined)
          memory.unsigned.set(pod.uid, `${podText(pod)} was not told to save its state: ${refused}`)
        return false
      }),
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
    if (!refusal) pacing.accepted(pod.uid)
    else {
      const told = await explained(refusal, pod, this.#budgets)
      pacing.refused(pod.uid, told, 'retryAfterMs' in answer ? answer.retryAfterMs : undefined)
    }
    return answer.kind === 'evicted'
  }

  #delete(pod: DrainPod, deadline: number, { name }: Attempt): Promise<boolean> {
    const now = this.#clock.now()
    return deletePod(this.#api, pod, forcedGrace(pod, deadline, now), name, now)
  }

  /** What is attached beyond the volumes of pods that stay. */
  async #attached(node: string, plan: DrainPlan): Promise<{ attached?: readonly string[]; note?: string }> {
    const stay = plan.left.reduce((sum, { pod }) => sum + (pod.finished ? 0 : (pod.volumes ?? 0)), 0)
    const attached = await this.#volumes.on(node)
    if (typeof attached === 'string') return { note: attached }
    return attached.length > stay ? { attached } : {}
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
  #namedIn({ drain }: Attempt, listed: readonly DrainPod[], { told }: DrainMemory): ReadonlySet<string> {
    const named = drain?.lost ?? []
    if (named.length >= mostListed) return new Set(listed.map(podText))
    const since = this.#clock.monotonic() - unrecordedMs
    return new Set([...named, ...[...told].flatMap(([pod, at]) => (at <= since ? [pod] : []))])
  }
}

interface Emptying {
  readonly attempt: Attempt
  readonly plan: DrainPlan
  readonly limits: DrainLimits
  readonly deadline: number
  readonly memory: DrainMemory
  readonly listed: readonly DrainPod[]
  readonly back: readonly DrainPod[]
  /** The cluster serves EvictionRequests. */
  readonly requesting: boolean
}

/** A pod is asked politely first; then a budget's no is overruled only where the policy says so. */
function mayForce(limits: DrainLimits, refusal: Refusal | undefined): boolean {
  if (refusal === undefined) return false
  return !refusal.budget || limits.pdb === 'RespectUntilDeadline'
}

/** Pods that a drain evicts, unless something else speaks against it. */
function isEvictable({ mirror, finished, owner, deletedAt }: DrainPod): boolean {
  return !mirror && !finished && owner !== 'DaemonSet' && deletedAt === undefined
}

function isTainted(node: NodeObject, attempt: string): boolean {
  return node.spec?.taints?.some((taint) => taint.key === repairTaintKey && taint.value === attempt) ?? false
}
