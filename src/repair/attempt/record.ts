/** NodeRepair objects ↔ attempts. Reading is strict: a record that we cannot read is reported, never guessed at. */
import { formatDuration, parseDuration } from '../../catalog/duration.ts'
import type { KubeObject } from '../../kube/api.ts'
import type { DecisionRecord } from '../../model/decision.ts'
import type { Attempt, DrainLimits, DrainProgress, Plan } from '../../model/repair.ts'
import { type AttemptSpec, type AttemptStatus, attemptObject, longText } from './schema.ts'

/** Who approved the attempt, set by a person. */
const approvedKey = 'nodemend.dev/approved'
/** Ours alone: as long as it is on the object, a deletion only marks it. */
export const guardFinalizer = 'nodemend.dev/repair'

/** A NodeRepair as the API holds it. */
export interface NodeRepairObject extends KubeObject {
  readonly spec: AttemptSpec
  readonly status?: AttemptStatus
}

/** Reads a NodeRepair. Undefined when it is not one of ours to read (a newer schema, a hand-made object). */
export function readAttempt(object: KubeObject): Attempt | undefined {
  const parsed = attemptObject.safeParse(object)
  const { name, resourceVersion, creationTimestamp, deletionTimestamp, finalizers, annotations } = object.metadata
  if (!parsed.success || name === undefined) return undefined
  const { spec, status = {} } = parsed.data
  const approvedBy = annotations?.[approvedKey]
  return defined({
    name,
    resourceVersion: resourceVersion ?? '',
    createdAt: Date.parse(creationTimestamp ?? '') || 0,
    guarded: finalizers?.includes(guardFinalizer) ?? false,
    deletedAt: ms(deletionTimestamp),
    nodeName: spec.nodeName,
    nodeUid: spec.nodeUID,
    providerId: spec.providerID,
    bootId: spec.bootID,
    nodeLabels: spec.nodeLabels,
    number: spec.attempt,
    approvedBy,
    phase: status.phase ?? 'Pending',
    phases: (status.phases ?? []).map((entry) => ({ ...entry, at: Date.parse(entry.at) })),
    deadline: ms(status.deadline),
    sightings: (status.sightings ?? []).map(({ observedSince, ...rest }) => ({
      ...rest,
      since: Date.parse(observedSince),
    })),
    decision: status.decision && readDecision(status.decision),
    plan: status.plan && readPlan(status.plan),
    taintedAt: ms(status.taintedAt),
    drain: status.drain && readDrain(status.drain),
    replacement:
      status.replacementName && status.replacementUID
        ? { name: status.replacementName, uid: status.replacementUID }
        : undefined,
    healthySince: ms(status.healthySince),
    proof: status.proof,
    holder: status.holder,
    fencingToken: status.fencingToken,
  })
}

/** The immutable half: who and which attempt. */
export function specOf(attempt: Attempt): AttemptSpec {
  return defined({
    nodeName: attempt.nodeName,
    nodeUID: attempt.nodeUid,
    providerID: attempt.providerId,
    bootID: attempt.bootId,
    nodeLabels: attempt.nodeLabels,
    attempt: attempt.number,
  })
}

/** The other half, as it is written to the status subresource. */
export function statusOf(attempt: Attempt): AttemptStatus {
  return defined({
    phase: attempt.phase,
    phases: attempt.phases.map((entry) => ({ ...entry, at: time(entry.at), why: fitting(entry.why) })),
    deadline: timeOrNone(attempt.deadline),
    sightings: attempt.sightings.map(({ since, ...rest }) => ({ ...rest, observedSince: time(since) })),
    decision: attempt.decision && writeDecision(attempt.decision),
    plan: attempt.plan && writePlan(attempt.plan),
    taintedAt: timeOrNone(attempt.taintedAt),
    drain: attempt.drain && writeDrain(attempt.drain),
    replacementName: attempt.replacement?.name,
    replacementUID: attempt.replacement?.uid,
    healthySince: timeOrNone(attempt.healthySince),
    proof: attempt.proof && fitting(attempt.proof),
    holder: attempt.holder,
    fencingToken: attempt.fencingToken,
  })
}

function readDecision(decision: NonNullable<AttemptStatus['decision']>): DecisionRecord {
  return defined({
    ...decision,
    at: Date.parse(decision.at),
    eligibleAt: ms(decision.eligibleAt),
    gates: decision.gates.map((gate) => defined(gate)),
  })
}

function writeDecision(decision: DecisionRecord): NonNullable<AttemptStatus['decision']> {
  return defined({
    at: time(decision.at),
    outcome: decision.outcome,
    rule: decision.rule,
    eligibleAt: timeOrNone(decision.eligibleAt),
    decidedBy: decision.decidedBy,
    gates: decision.gates.map((gate) => ({
      ...gate,
      why: fitting(gate.why),
      ...(gate.change !== undefined && { change: fitting(gate.change) }),
    })),
  })
}

function readPlan({
  targetKind,
  targetName,
  targetUID,
  drain,
  dwell,
  ...rest
}: NonNullable<AttemptStatus['plan']>): Plan {
  return {
    ...rest,
    target: { kind: targetKind, name: targetName, uid: targetUID },
    drain: readLimits(drain),
    dwellMs: parseDuration(dwell) ?? 0,
  }
}

function writePlan({ target, drain, dwellMs, ...rest }: Plan): NonNullable<AttemptStatus['plan']> {
  return {
    ...rest,
    targetKind: target.kind,
    targetName: target.name,
    targetUID: target.uid,
    drain: defined({
      timeout: formatDuration(drain.timeoutMs),
      onTimeout: drain.onTimeout,
      pdb: drain.pdb,
      gracePeriodSeconds: drain.gracePeriodSeconds,
      blockedAfter: formatDuration(drain.blockedAfterMs),
    }),
    dwell: formatDuration(dwellMs),
  }
}

function readLimits({ timeout, blockedAfter, ...rest }: NonNullable<AttemptStatus['plan']>['drain']): DrainLimits {
  return defined({ ...rest, timeoutMs: parseDuration(timeout) ?? 0, blockedAfterMs: parseDuration(blockedAfter) ?? 0 })
}

function readDrain(drain: NonNullable<AttemptStatus['drain']>): DrainProgress {
  return defined({
    ...drain,
    startedAt: Date.parse(drain.startedAt),
    deadline: Date.parse(drain.deadline),
    blockedSince: ms(drain.blockedSince),
  })
}

function writeDrain(drain: DrainProgress): NonNullable<AttemptStatus['drain']> {
  return defined({
    startedAt: time(drain.startedAt),
    deadline: time(drain.deadline),
    evicted: drain.evicted,
    remaining: drain.remaining,
    blockedSince: timeOrNone(drain.blockedSince),
    blockers: drain.blockers.map((one) => ({ ...one, budgets: [...one.budgets] })),
    leftBehind: [...drain.leftBehind],
  })
}

/** Others' words have any length, and a record that the API server refuses would hold the repair up. */
function fitting(text: string): string {
  return text.length <= longText ? text : `${text.slice(0, longText - 1)}…`
}

function ms(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text)
}

function time(at: number): string {
  return new Date(at).toISOString()
}

function timeOrNone(at: number | undefined): string | undefined {
  return at === undefined ? undefined : time(at)
}

type Defined<T> = { [Key in keyof T as undefined extends T[Key] ? never : Key]: T[Key] } & {
  [Key in keyof T as undefined extends T[Key] ? Key : never]?: Exclude<T[Key], undefined>
}

/** Drops the keys that hold undefined: absent and undefined are not the same in our types, nor in JSON. */
function defined<T extends object>(value: T): Defined<T> {
  // The cast says what the filter does, which the compiler cannot follow.
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Defined<T>
}
