/** One pass of a drain: list, plan, evict what is due, say what is left. Passes repeat until nothing is; any may be the last. */
import { type Api, type KubeObject, nodes, pods } from '../../../kube/api.ts'
import { isKubeError } from '../../../kube/errors.ts'
import { deleteObject, evictPod, getObject, listObjects } from '../../../kube/objects.ts'
import type { Taint } from '../../../model/node.ts'
import type { DrainLimits } from '../../../model/policy.ts'
import type { Attempt, Blocker } from '../../../model/repair.ts'
import type { Clock, Random } from '../../../telemetry/clock.ts'
import { repairTaintKey } from '../taint.ts'
import { EvictionPacing, type Refusal, refusalIn } from './pacing.ts'
import { type DrainPlan, doNotDisruptKeys, forcedGrace, graceOf, planDrain } from './plan.ts'
import { type DrainPod, type PodObject, podText, readPod } from './pod.ts'
import { isSilent, type ReadyReport } from './silent.ts'

/** At most this many evictions per pass and node, all at once. */
const mostAtOnce = 20
/** As the CRD's schema: more would be cut anyway. */
const mostListed = 64

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
}

interface NodeObject extends KubeObject {
  readonly spec?: { readonly taints?: readonly Taint[] }
  readonly status?: { readonly conditions?: readonly ReadyReport[] }
}

export class Drainer {
  readonly #api: Api
  readonly #clock: Clock
  readonly #random: Random
  readonly #pacing = new Map<string, EvictionPacing>()

  constructor(api: Api, clock: Clock, random: Random) {
    this.#api = api
    this.#clock = clock
    this.#random = random
  }

  /** One pass for `attempt`, under the committed limits. Rejects with KubeError when pods or node cannot be read. */
  async pass(attempt: Attempt, limits: DrainLimits, deadline: number): Promise<DrainPass> {
    const node = await this.#readNode(attempt)
    const listedAt = this.#clock.now()
    const found = await listObjects<PodObject>(this.#api, pods, { fieldSelector: `spec.nodeName=${attempt.nodeName}` })
    const listed = found.items.map(readPod)
    const plan = planDrain({
      pods: listed,
      nodeReady: node?.status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false,
      kubeletSilent: isSilent(node?.status?.conditions ?? [], listedAt),
      nodeProtected: doNotDisruptKeys.some((key) => node?.metadata.annotations?.[key] === 'true'),
      limits,
      deadline,
      now: listedAt,
    })
    const pacing = this.#pacingOf(attempt.name, listed)
    const nodeGone = node === undefined
    const taintGone = !nodeGone && !isTainted(node, attempt.name)
    const evicted = nodeGone || taintGone ? 0 : await this.#empty(plan, limits, deadline, pacing)
    return { listedAt, nodeGone, taintGone, evicted, ...summarise(plan, pacing) }
  }

  /** Forgets what the pods of an ended attempt answered. */
  forget(attempt: string): void {
    this.#pacing.delete(attempt)
  }

  async #empty(plan: DrainPlan, limits: DrainLimits, deadline: number, pacing: EvictionPacing): Promise<number> {
    const due = [...plan.force, ...plan.evict].filter((pod) => pacing.isDue(pod.uid)).slice(0, mostAtOnce)
    const answers = await Promise.all(
      due.map((pod) =>
        plan.force.includes(pod) && mayForce(limits, pacing.refusalOf(pod.uid))
          ? this.#delete(pod, deadline)
          : this.#evict(pod, limits, pacing),
      ),
    )
    return answers.filter((left) => left).length
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

  #pacingOf(attempt: string, listed: readonly DrainPod[]): EvictionPacing {
    const pacing = this.#pacing.get(attempt) ?? new EvictionPacing(this.#clock, this.#random)
    this.#pacing.set(attempt, pacing)
    pacing.keepOnly(new Set(listed.map((pod) => pod.uid)))
    return pacing
  }
}

/** A pod is asked politely first; then a budget's no is overruled only where the policy says so. */
function mayForce(limits: DrainLimits, refusal: Refusal | undefined): boolean {
  if (refusal === undefined) return false
  return !refusal.budget || limits.pdb === 'RespectUntilDeadline'
}

function summarise(
  plan: DrainPlan,
  pacing: EvictionPacing,
): Omit<DrainPass, 'listedAt' | 'nodeGone' | 'taintGone' | 'evicted'> {
  const asked = [...plan.evict, ...plan.force]
  const refused = asked.flatMap((pod) => {
    const refusal = pacing.refusalOf(pod.uid)
    return refusal?.blocks
      ? [
          {
            pod: podText(pod),
            kind: refusal.budget ? 'budget' : 'refused',
            reason: refusal.reason,
            budgets: refusal.budgets,
          } as const,
        ]
      : []
  })
  const held = plan.blocked.map(({ pod, kind, why }) => ({ pod: podText(pod), kind, reason: why, budgets: [] }))
  const blockers = [...refused, ...held]
  const remaining = asked.length + plan.wait.length + plan.blocked.length
  // Pods of a later tier wait behind the blocked ones: they move nothing either.
  const moving = asked.length - refused.length + plan.wait.filter((pod) => pod.deletedAt !== undefined).length
  return {
    remaining,
    stuck: blockers.length > 0 && moving === 0,
    blockers: blockers.slice(0, mostListed),
    left: plan.left.map(({ pod, why }) => `${podText(pod)}: ${why}`).slice(0, mostListed),
  }
}

function isTainted(node: NodeObject, attempt: string): boolean {
  return node.spec?.taints?.some((taint) => taint.key === repairTaintKey && taint.value === attempt) ?? false
}
