/** Attempts: what was done about one sick node. Times in milliseconds. */
import type { Intervention } from './action.ts'
import type { ConditionStatus } from './condition.ts'
import type { DecisionRecord, FirstSighting, Rule } from './decision.ts'
import type { DrainLimits, EvidencePolicy } from './policy.ts'

export const phases = [
  'Pending',
  'Preparing',
  'Draining',
  'Blocked',
  'Committing',
  'Acting',
  'Observing',
  'Dwelling',
  'Unknown',
  'Succeeded',
  'Failed',
  'Cancelled',
] as const
export type Phase = (typeof phases)[number]

const finished: ReadonlySet<Phase> = new Set(['Succeeded', 'Failed', 'Cancelled'])
const beforeCommit: ReadonlySet<Phase> = new Set(['Pending', 'Preparing', 'Draining', 'Blocked'])

/** True in a final phase. */
export function isFinished(phase: Phase): boolean {
  return finished.has(phase)
}

/** True from the admission to the end. */
export function isActive({ phase }: { readonly phase: Phase }): boolean {
  return phase !== 'Pending' && !isFinished(phase)
}

/** True while every step can be undone; the steps are undone when the fault clears. */
export function isBeforeCommit(phase: Phase): boolean {
  return beforeCommit.has(phase)
}

/** True while it holds a budget slot: started, not finished, not parked as Blocked. */
export function isInFlight(phase: Phase): boolean {
  return phase !== 'Pending' && phase !== 'Blocked' && !isFinished(phase)
}

export interface PhaseEntry {
  readonly phase: Phase
  readonly at: number
  readonly why: string
}

/** The object that the call is about; its UID makes a deletion safe to repeat. */
export interface RepairTarget {
  readonly kind: string
  /** Absent where the kind has no namespace. */
  readonly namespace?: string
  readonly name: string
  readonly uid: string
}

/** A target for people: `NodeClaim gpu-7`, `Machine clusters/gpu-7`. */
export function targetText({ kind, namespace, name }: RepairTarget): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`
}

/** What was decided at admission; later edits of the policy do not change it. */
export interface Plan {
  readonly policy: string
  readonly generation: number
  /** What is carried out, and nothing else. */
  readonly action: Intervention
  readonly provider: string
  readonly target: RepairTarget
  readonly condition: string
  readonly status: ConditionStatus
  readonly reason: string
  readonly drain: DrainLimits
  /** Collected before the first step that cannot be undone; absent: nothing is. */
  readonly evidence?: EvidencePolicy
  readonly dwellMs: number
  /** How long the machine may take to join, or to come back; absent in records of before: 20 minutes. */
  readonly joinMs?: number
}

export interface Blocker {
  readonly pod: string
  /**
   * `budget`: a PodDisruptionBudget. `protected`: an annotation. `stuck`: the pod does not end. `refused`: the API server
   * or a webhook refuses. `returned`: its owner started it on the node again.
   */
  readonly kind: 'budget' | 'protected' | 'stuck' | 'refused' | 'returned'
  readonly reason: string
  readonly budgets: readonly string[]
}

export interface DrainProgress {
  readonly startedAt: number
  readonly deadline: number
  readonly evicted: number
  readonly remaining: number
  /** Since when only blocked pods remain; absent while other pods still leave. */
  readonly blockedSince?: number
  readonly blockers: readonly Blocker[]
  /** Pods left on the node on purpose, with the reason, for the record of a partial drain. */
  readonly leftBehind: readonly string[]
  /** Pods without a controller, named before they are evicted: nothing starts them again. */
  readonly lost?: readonly string[]
  /** When the last pod had left while volumes were still attached. */
  readonly emptiedAt?: number
  /** What else people should know about the pods: what they saved, what was waited for, what could not be read. */
  readonly notes?: readonly string[]
}

/** A Node object by name and UID. */
export interface NodeRef {
  readonly name: string
  readonly uid: string
}

/** The node on which the repair is proven: another one after a replacement, the same one after a reboot. */
export interface Successor extends NodeRef {
  /** Since when what is said about it counts: an answer from before says nothing about the repair. */
  readonly since: number
}

/** A call that leaves no trace until it has worked, on record before it is sent. */
export interface WrittenCall {
  readonly at: number
  /** The boot of the node at that moment: another one later is the proof that the call worked. */
  readonly bootId: string
}

/** What was collected from the node before anything was lost. */
export interface Evidence {
  /** When its collection was put on record, before it began. */
  readonly since: number
  /** What was kept, where, and its size, or why nothing was; absent while it is being collected. */
  readonly said?: string
}

/** One attempt to repair one node and its audit trail: the content of a NodeRepair object. */
export interface Attempt {
  /** Deterministic: see `repair/attempt/name.ts`. It is also the provider's operation id. */
  readonly name: string
  readonly resourceVersion: string
  readonly createdAt: number
  /**
   * The controller's finaliser is on the object, so a person's deletion waits for it. It is set while a repair runs.
   */
  readonly guarded: boolean
  /** When a person deleted the object; the deletion waits for the controller. */
  readonly deletedAt?: number
  readonly nodeName: string
  readonly nodeUid: string
  readonly providerId?: string
  readonly bootId?: string
  readonly nodeLabels: Readonly<Record<string, string>>
  readonly number: number
  /** Who approved it (annotation), if the policy requires approval. */
  readonly approvedBy?: string
  /** What the record said when it was approved: the approval is for that and nothing else. */
  readonly approvedFor?: Rule
  /** Who forgave it (annotation): no later decision counts it any more. */
  readonly forgivenBy?: string
  readonly phase: Phase
  readonly phases: readonly PhaseEntry[]
  readonly deadline?: number
  readonly sightings: readonly FirstSighting[]
  readonly decision?: DecisionRecord
  readonly plan?: Plan
  readonly taintedAt?: number
  readonly evidence?: Evidence
  readonly drain?: DrainProgress
  /** The call without a trace, written ahead: sent at most once. */
  readonly call?: WrittenCall
  readonly successor?: Successor
  /** Since when the successor has been ready and healthy without a break. */
  readonly healthySince?: number
  readonly proof?: string
  /** What the API server forbade in this phase, in its words; while dwelling, what the new node lacks. */
  readonly trouble?: string
  readonly holder?: string
  readonly fencingToken?: number
}

/** How the reason begins where a person's veto ended a repair. */
export const vetoText = 'veto: '

/** When it first entered `phase`; undefined when it never did. */
export function enteredAt(attempt: Attempt, phase: Phase): number | undefined {
  return attempt.phases.find((entry) => entry.phase === phase)?.at
}

/** When it entered its current phase. */
export function phaseSince(attempt: Attempt): number {
  return attempt.phases.at(-1)?.at ?? attempt.createdAt
}
