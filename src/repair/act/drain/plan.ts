/** Which pods leave, in which order, which stay and why: pure, so that every row of the table is a test. */
import { parseDuration } from '../../../catalog/duration.ts'
import type { DrainLimits } from '../../../model/policy.ts'
import { repairTaintKey } from '../taint.ts'
import type { DrainPod, Toleration } from './pod.ts'

/** A pod this long past the end of its grace is stuck; on a node that is not ready its kubelet is taken to be down. */
const stuckAfterMs = 60_000
/** Grace 0 would remove the object before kubelet has ended the pod. */
const leastGraceSeconds = 1

export interface PlanInput {
  readonly pods: readonly DrainPod[]
  readonly nodeReady: boolean
  /** Kubelet has said nothing for so long that no pod ends there: see {@link isSilent}. */
  readonly kubeletSilent?: boolean
  /** Somebody annotated the node itself as not to be disrupted: holds for each of its pods. */
  readonly nodeProtected: boolean
  readonly limits: DrainLimits
  readonly deadline: number
  readonly now: number
}

export interface Held {
  readonly pod: DrainPod
  readonly why: string
}

export interface Blocked extends Held {
  readonly kind: 'protected' | 'stuck'
}

export interface DrainPlan {
  /** To be evicted now: the pods of the first tier that is not empty. */
  readonly evict: readonly DrainPod[]
  /** Their own time to be deleted has come (deadline minus grace); `ForceDelete` only. */
  readonly force: readonly DrainPod[]
  /** Wait for a later tier or for their grace to end. */
  readonly wait: readonly DrainPod[]
  /** In the way, and time alone does not help. */
  readonly blocked: readonly Blocked[]
  /** Stay on purpose, or no longer count. */
  readonly left: readonly Held[]
}

/** Sorts the pods of one node. A pod that is not drained is always in `left` or `blocked`, with why. */
export function planDrain(input: PlanInput): DrainPlan {
  const left: Held[] = []
  const blocked: Blocked[] = []
  const wait: DrainPod[] = []
  const force: DrainPod[] = []
  const movable: DrainPod[] = []
  for (const pod of [...input.pods].sort(compareNames)) {
    const stays = stayReason(pod, input)
    const protection = protectionOf(pod, input)
    if (stays !== undefined) left.push({ pod, why: stays })
    else if (pod.deletedAt !== undefined) {
      if (isStuck(pod, input.now))
        blocked.push({ pod, kind: 'stuck', why: 'does not end, although its grace period is over' })
      else wait.push(pod)
    } else if (isForceTime(pod, input)) force.push(pod)
    else if (protection !== undefined) blocked.push({ pod, kind: 'protected', why: protection })
    else movable.push(pod)
  }
  // Critical pods serve the others: they leave when nothing else is left to leave.
  const ordinary = movable.filter((pod) => !pod.critical)
  const before = [...wait, ...force, ...blocked.map((held) => held.pod)]
  const ordinaryLeave = ordinary.length > 0 || before.some((pod) => !pod.critical)
  return {
    evict: ordinaryLeave ? ordinary : movable,
    force,
    wait: ordinaryLeave ? [...wait, ...movable.filter((pod) => pod.critical)] : wait,
    blocked,
    left,
  }
}

/** The grace to ask for; undefined leaves it to the pod. */
export function graceOf(pod: DrainPod, limits: DrainLimits): number | undefined {
  const limit = limits.gracePeriodSeconds
  return limit !== undefined && limit < pod.graceSeconds ? Math.max(leastGraceSeconds, limit) : undefined
}

/** The grace of a forced deletion: what is left until the deadline, never 0. */
export function forcedGrace(pod: DrainPod, deadline: number, now: number): number {
  return Math.max(leastGraceSeconds, Math.min(pod.graceSeconds, Math.floor((deadline - now) / 1000)))
}

function stayReason(pod: DrainPod, input: PlanInput): string | undefined {
  const { nodeReady, kubeletSilent = false, now } = input
  if (pod.mirror) return 'static pod: kubelet runs it'
  if (pod.finished) return 'finished'
  if (pod.owner === 'DaemonSet') return 'belongs to a DaemonSet'
  if (pod.tolerations.some(toleratesRepair)) return 'tolerates our taint: it would come straight back'
  if (!nodeReady && isStuck(pod, now)) return 'terminating on a node whose kubelet is silent'
  if (kubeletSilent && isUnheard(pod, input)) return 'its kubelet has been silent for five minutes: nobody ends it'
  return undefined
}

function toleratesRepair({ key, operator = 'Equal', value, effect }: Toleration): boolean {
  if (effect && effect !== 'NoSchedule') return false
  if (operator === 'Exists') return key === undefined || key === '' || key === repairTaintKey
  return key === repairTaintKey && value !== undefined
}

function isStuck(pod: DrainPod, now: number): boolean {
  return pod.deletedAt !== undefined && now - pod.deletedAt > stuckAfterMs
}

/** It was told to end a minute ago; its grace lets a kubelet wait that does not hear. */
function isUnheard(pod: DrainPod, { limits, now }: PlanInput): boolean {
  const graceMs = (graceOf(pod, limits) ?? pod.graceSeconds) * 1000
  return pod.deletedAt !== undefined && now - (pod.deletedAt - graceMs) > stuckAfterMs
}

function isForceTime(pod: DrainPod, { limits, deadline, now }: PlanInput): boolean {
  return limits.onTimeout === 'ForceDelete' && now >= deadline - pod.graceSeconds * 1000
}

/** Why the pod may not be evicted before the deadline; an unreadable value protects nothing. */
function protectionOf(pod: DrainPod, { nodeProtected, now }: PlanInput): string | undefined {
  if (nodeProtected) return `the node's annotation ${doNotDisruptKeys[1]}`
  if (pod.annotations[safeToEvictKey] === 'false') return `annotation ${safeToEvictKey}=false`
  for (const key of doNotDisruptKeys) {
    const value = pod.annotations[key]
    if (value === undefined) continue
    if (value === 'true') return `annotation ${key}`
    const duration = parseDuration(value)
    if (duration === undefined) continue
    const until = pod.startedAt === undefined ? Number.POSITIVE_INFINITY : pod.startedAt + duration
    if (now < until) return `annotation ${key}=${value}`
  }
  return undefined
}

export const doNotDisruptKeys = ['nodemend.dev/do-not-disrupt', 'karpenter.sh/do-not-disrupt'] as const
const safeToEvictKey = 'cluster-autoscaler.kubernetes.io/safe-to-evict'

function compareNames(a: DrainPod, b: DrainPod): number {
  const left = `${a.namespace}/${a.name}`
  const right = `${b.namespace}/${b.name}`
  return left < right ? -1 : left > right ? 1 : 0
}
