/** Which pods leave, in which order, which stay and why: pure, so that every row of the table is a test. */
import type { DrainLimits } from '../../../model/policy.ts'
import { repairTaintKey } from '../taint.ts'
import { type DrainPod, podText } from './pod.ts'
import { jobWaitOf, protectionOf, unreadableIn } from './protection.ts'
import { saveStateOf } from './save-state.ts'

/** A pod this long past the end of its grace is stuck; on a node that is not ready its kubelet is taken to be down. */
const stuckAfterMs = 60_000
/** Grace 0 would remove the object before kubelet has ended the pod. */
const leastGraceSeconds = 1

export interface PlanInput {
  readonly pods: readonly DrainPod[]
  /** Name of the attempt: what it has told the pods counts, and nothing else. */
  readonly attempt: string
  readonly nodeReady: boolean
  /** Kubelet has said nothing for so long that no pod ends there: see {@link isSilent}. */
  readonly kubeletSilent?: boolean
  /** Somebody annotated the node itself as not to be disrupted: holds for each of its pods. */
  readonly nodeProtected: boolean
  readonly limits: DrainLimits
  readonly startedAt: number
  readonly deadline: number
  readonly now: number
  /** The machine is going to be taken away: a pod that tolerates our taint is lost with it. */
  readonly machineGoes: boolean
  /** The provider empties the node itself after the commit, and waits for each pod that does not tolerate this taint. */
  readonly providerTaint?: string | undefined
  /** UIDs of pods that came back after their eviction. */
  readonly back: ReadonlySet<string>
  /** UIDs of those of them that may be evicted once more. */
  readonly dueAgain: ReadonlySet<string>
  /** Pods without a controller that are on record, as `namespace/name`. */
  readonly named: ReadonlySet<string>
  /** By UID, pods that somebody else was asked to evict, and who works on it. */
  readonly requested?: ReadonlyMap<string, string>
  /** UIDs of pods whose gang is about to lose other pods, too: they leave together. */
  readonly held?: ReadonlySet<string>
  /** UIDs of pods that cannot be told to save their state. */
  readonly untold?: ReadonlySet<string>
}

export interface Held {
  readonly pod: DrainPod
  readonly why: string
}

export interface Blocked extends Held {
  readonly kind: 'protected' | 'stuck' | 'returned'
}

export interface Told {
  readonly pod: DrainPod
  /** By when it should have saved its state. */
  readonly until: number
}

export interface DrainPlan {
  /** To be evicted now: the pods of the first tier that is not empty. */
  readonly evict: readonly DrainPod[]
  /** Their own time to be deleted has come (deadline minus grace); `ForceDelete` only. */
  readonly force: readonly DrainPod[]
  /** Wait for a later tier or for their grace to end. */
  readonly wait: readonly DrainPod[]
  /** To be told to save their state; they wait. */
  readonly tell: readonly Told[]
  /** Stay unless somebody says no: their eviction is asked about and not carried out. */
  readonly ask: readonly Held[]
  /** Without a controller: on record before they are evicted. */
  readonly bare: readonly DrainPod[]
  /** In the way, and time alone does not help. */
  readonly blocked: readonly Blocked[]
  /** Stay on purpose, or no longer count. */
  readonly left: readonly Held[]
  /** What else people should know. */
  readonly notes: readonly string[]
}

/** Sorts the pods of one node. A pod that is not drained is always in `ask`, `left` or `blocked`, with why. */
export function planDrain(input: PlanInput): DrainPlan {
  const sorted: Sorted = { left: [], ask: [], blocked: [], wait: [], tell: [], force: [], movable: [], notes: [] }
  const pods = [...input.pods].sort(compareNames)
  for (const pod of pods) sort(pod, input, sorted)
  const { left, ask, blocked, wait, tell, force, movable, notes } = sorted
  const waiting = [...wait, ...tell.map((one) => one.pod)]
  // Critical pods serve the others, and pods that tolerate our taint may come straight back: each tier waits for the one before.
  const tiers = [0, 1, 2].map((tier) => movable.filter((pod) => tierOf(pod) === tier))
  const before = [...waiting, ...force, ...blocked.map((held) => held.pod)]
  const open = tiers.findIndex((tier, index) => tier.length > 0 || before.some((pod) => tierOf(pod) === index))
  const tier = tiers[open] ?? []
  const evict = input.limits.oneByOne ? oneOfEach(tier, [...waiting, ...force]) : tier
  return {
    evict,
    force,
    wait: [...wait, ...movable.filter((pod) => !evict.includes(pod))],
    tell,
    ask,
    bare: pods.filter((pod) => isBare(pod) && !left.some((held) => held.pod === pod)),
    blocked,
    left,
    notes,
  }
}

interface Sorted {
  readonly left: Held[]
  readonly ask: Held[]
  readonly blocked: Blocked[]
  readonly wait: DrainPod[]
  readonly tell: Told[]
  readonly force: DrainPod[]
  readonly movable: DrainPod[]
  readonly notes: string[]
}

function sort(pod: DrainPod, input: PlanInput, { left, ask, blocked, wait, force, ...rest }: Sorted): void {
  const stays = stayReason(pod, input)
  if (stays !== undefined) {
    left.push({ pod, why: stays })
  } else if (pod.deletedAt !== undefined) {
    if (isStuck(pod, input.now)) blocked.push({ pod, kind: 'stuck', why: stuckText(pod) })
    else wait.push(pod)
  } else if (isBare(pod) && !input.named.has(podText(pod))) {
    wait.push(pod) // named first
  } else if (input.held?.has(pod.uid)) {
    wait.push(pod)
  } else if (isForceTime(pod, input)) {
    force.push(pod)
  } else {
    const protection = protectionOf(pod, input.nodeProtected, input.now)
    const asked = askedReason(pod, input)
    if (protection !== undefined) blocked.push({ pod, kind: 'protected', why: protection })
    else if (asked !== undefined) ask.push({ pod, why: asked })
    else if (input.back.has(pod.uid) && !input.dueAgain.has(pod.uid)) {
      blocked.push({
        pod,
        kind: 'returned',
        why: `its ${pod.owner ?? 'owner'} started it on the node again (spec.nodeName)`,
      })
    } else sortMovable(pod, input, { blocked, ...rest })
    rest.notes.push(...unreadableIn(pod))
  }
}

/** Nothing but its own work keeps the pod. */
function sortMovable(
  pod: DrainPod,
  { limits, startedAt, now, attempt, untold, kubeletSilent, requested }: PlanInput,
  { blocked, tell, movable, notes }: Pick<Sorted, 'blocked' | 'tell' | 'movable' | 'notes'>,
): void {
  if (kubeletSilent) {
    movable.push(pod) // nobody would hear that it has ended, or that it should save its state
    return
  }
  const request = requested?.get(pod.uid)
  if (request !== undefined) {
    blocked.push({ pod, kind: 'protected', why: request })
    return
  }
  const works = jobWaitOf(pod, limits, startedAt, now)
  if (works !== undefined) {
    blocked.push({ pod, kind: 'protected', why: works })
    return
  }
  const state = saveStateOf(pod, limits, attempt, now)
  if (state.kind === 'saving') blocked.push({ pod, kind: 'protected', why: state.why })
  else if (state.kind === 'tell' && !untold?.has(pod.uid)) tell.push({ pod, until: state.until })
  else movable.push(pod)
  if ('note' in state && state.note !== undefined) notes.push(state.note)
}

function stuckText({ finalizers = [] }: DrainPod): string {
  const held = finalizers.length === 0 ? '' : `: finalizer ${finalizers.join(', ')} holds it`
  return `does not end, although its grace period is over${held}`
}

/** Of the pods of one StatefulSet that have volumes, the first, and none while another one of it leaves. */
function oneOfEach(tier: readonly DrainPod[], leaving: readonly DrainPod[]): readonly DrainPod[] {
  const taken = new Set(leaving.filter(isStateful).map(({ ownerUid }) => ownerUid))
  return tier.filter((pod) => {
    if (!isStateful(pod)) return true
    const first = !taken.has(pod.ownerUid)
    taken.add(pod.ownerUid)
    return first
  })
}

function isStateful({ owner, volumes = 0 }: DrainPod): boolean {
  return owner === 'StatefulSet' && volumes > 0
}

/** Ordinary pods, then critical ones, then those that tolerate our taint. */
function tierOf(pod: DrainPod): number {
  if (tolerates(pod, repairTaintKey)) return 2
  return pod.critical ? 1 : 0
}

function isBare(pod: DrainPod): boolean {
  return pod.owner === undefined && !pod.mirror && !pod.finished
}

/** Why the pod stays although budgets and annotations are asked first; undefined where it is told to end. */
function askedReason(pod: DrainPod, { machineGoes, back }: PlanInput): string | undefined {
  if (pod.owner === 'DaemonSet') return 'belongs to a DaemonSet; the provider ends it'
  if (!tolerates(pod, repairTaintKey)) return undefined
  if (!machineGoes) return 'tolerates our taint: it would come straight back'
  return back.has(pod.uid)
    ? 'tolerates our taint and came back after its eviction: it ends with the machine'
    : undefined
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
  const { nodeReady, kubeletSilent = false, now, providerTaint } = input
  if (pod.mirror) return 'static pod: kubelet runs it'
  if (pod.finished) return 'finished'
  const awaited = providerTaint !== undefined && !tolerates(pod, providerTaint)
  if (pod.owner === 'DaemonSet' && !awaited) return 'belongs to a DaemonSet'
  if (!nodeReady && isStuck(pod, now)) return 'terminating on a node whose kubelet is silent'
  if (kubeletSilent && isUnheard(pod, input)) return 'its kubelet has been silent for five minutes: nobody ends it'
  return undefined
}

/** True when the NoSchedule taint `taint` does not keep the pod away. */
function tolerates({ tolerations }: DrainPod, taint: string): boolean {
  return tolerations.some(({ key, operator = 'Equal', value, effect }) => {
    if (effect && effect !== 'NoSchedule') return false
    if (operator === 'Exists') return key === undefined || key === '' || key === taint
    return key === taint && value !== undefined
  })
}

function isStuck(pod: DrainPod, now: number): boolean {
  return pod.deletedAt !== undefined && now - pod.deletedAt > stuckAfterMs
}

/** It was told to end a minute ago; its grace lets a kubelet wait that does not hear. */
function isUnheard(pod: DrainPod, { limits, now }: PlanInput): boolean {
  const graceMs = (graceOf(pod, limits) ?? pod.graceSeconds) * 1000
  return pod.deletedAt !== undefined && now - (pod.deletedAt - graceMs) > stuckAfterMs
}

function isForceTime(pod: DrainPod, { limits, deadline, now, back }: PlanInput): boolean {
  if (back.has(pod.uid) || pod.owner === 'DaemonSet') return false // it would come back all the same
  return limits.onTimeout === 'ForceDelete' && now >= deadline - pod.graceSeconds * 1000
}

function compareNames(a: DrainPod, b: DrainPod): number {
  const left = podText(a)
  const right = podText(b)
  return left < right ? -1 : left > right ? 1 : 0
}
