/**
 * NodeRepair objects ↔ attempts: one table over every field of an attempt. docs/adr/0010 says what an older version sees.
 */
import { formatDuration, parseDuration } from '../../catalog/duration.ts'
import type { KubeObject } from '../../kube/api.ts'
import type { DecisionRecord, FirstSighting, GateRecord } from '../../model/decision.ts'
import type { DrainLimits, EvidencePolicy } from '../../model/policy.ts'
import type { Attempt, Blocker, DrainProgress, PhaseEntry, Plan } from '../../model/repair.ts'
import { at, type Field, type Fields, type Form, formOf, listOf, same } from './fields.ts'
import { type AttemptSpec, type AttemptStatus, longText } from './schema.ts'

/** Annotation: who approved the attempt, set by a person. */
export const approvedKey = 'nodemend.dev/approved'
/** Annotation: who forgave it, set by a person. */
export const forgivenKey = 'nodemend.dev/forgiven'
/** Ours alone: as long as it is on the object, a deletion only marks it. */
export const guardFinalizer = 'nodemend.dev/repair'

/** A stored NodeRepair in three parts: the API server writes the first one, we the others. */
export interface StoredAttempt {
  readonly metadata: KubeObject['metadata']
  readonly spec: AttemptSpec
  readonly status: AttemptStatus
}

type StoredPlan = NonNullable<AttemptStatus['plan']>
type StoredDrain = NonNullable<AttemptStatus['drain']>
type StoredDecision = NonNullable<AttemptStatus['decision']>

/** RFC 3339 with milliseconds. */
const time: Form<number, string> = { read: (text) => Date.parse(text), write: (ms) => new Date(ms).toISOString() }
const duration: Form<number, string> = { read: (text) => parseDuration(text) ?? 0, write: formatDuration }
/** Others' words have any length, and a record that the API server refuses would hold the repair up. */
const fitting: Form<string, string> = {
  read: (text) => text,
  write: (text) => (text.length <= longText ? text : `${text.slice(0, longText - 1)}…`),
}
const texts: Form<readonly string[], string[]> = { read: (list) => list, write: (list) => [...list] }

const phaseEntry = formOf<PhaseEntry, NonNullable<AttemptStatus['phases']>[number]>({
  phase: at('phase', same()),
  at: at('at', time),
  why: at('why', fitting),
})

const sighting = formOf<FirstSighting, NonNullable<AttemptStatus['sightings']>[number]>({
  policy: at('policy', same()),
  condition: at('condition', same()),
  status: at('status', same()),
  reason: at('reason', same()),
  since: at('observedSince', time),
  transition: at('transition', time),
  drill: at('drill', same()),
})

const gate = formOf<GateRecord, StoredDecision['gates'][number]>({
  gate: at('gate', same()),
  answer: at('answer', same()),
  why: at('why', fitting),
  change: at('change', fitting),
})

const rule = formOf<NonNullable<DecisionRecord['rule']>, NonNullable<StoredDecision['rule']>>({
  policy: at('policy', same()),
  generation: at('generation', same()),
  mode: at('mode', same()),
  action: at('action', same()),
  condition: at('condition', same()),
  status: at('status', same()),
  reason: at('reason', same()),
})

const decision = formOf<DecisionRecord, StoredDecision>({
  at: at('at', time),
  outcome: at('outcome', same()),
  rule: at('rule', rule),
  eligibleAt: at('eligibleAt', time),
  decidedBy: at('decidedBy', same()),
  gates: at('gates', listOf(gate)),
})

const drainLimits = formOf<DrainLimits, StoredPlan['drain']>({
  timeoutMs: at('timeout', duration),
  onTimeout: at('onTimeout', same()),
  pdb: at('pdb', same()),
  gracePeriodSeconds: at('gracePeriodSeconds', same()),
  blockedAfterMs: at('blockedAfter', duration),
  waitForJobsMs: at('waitForJobs', duration),
  volumesMs: at('volumes', duration),
  saveStateMs: at('saveState', duration),
  leaveLoadBalancersMs: at('leaveLoadBalancers', duration),
  oneByOne: at('oneByOne', same()),
})

const evidencePlan = formOf<EvidencePolicy, NonNullable<StoredPlan['evidence']>>({
  keep: at('keep', same()),
  claim: at('claim', same()),
  timeoutMs: at('timeout', duration),
})

const plan = formOf<Plan, StoredPlan>({
  policy: at('policy', same()),
  generation: at('generation', same()),
  action: at('action', same()),
  provider: at('provider', same()),
  target: {
    read: ({ targetKind, targetNamespace, targetName, targetUID }) => ({
      kind: targetKind,
      ...(targetNamespace !== undefined && { namespace: targetNamespace }),
      name: targetName,
      uid: targetUID,
    }),
    write: ({ kind, namespace, name, uid }) => ({
      targetKind: kind,
      ...(namespace !== undefined && { targetNamespace: namespace }),
      targetName: name,
      targetUID: uid,
    }),
  },
  condition: at('condition', same()),
  status: at('status', same()),
  reason: at('reason', same()),
  drain: at('drain', drainLimits),
  evidence: at('evidence', evidencePlan),
  dwellMs: at('dwell', duration),
  joinMs: at('join', duration),
})

const blocker = formOf<Blocker, StoredDrain['blockers'][number]>({
  pod: at('pod', same()),
  kind: at('kind', same()),
  reason: at('reason', same()),
  budgets: at('budgets', texts),
})

const drain = formOf<DrainProgress, StoredDrain>({
  startedAt: at('startedAt', time),
  deadline: at('deadline', time),
  evicted: at('evicted', same()),
  remaining: at('remaining', same()),
  blockedSince: at('blockedSince', time),
  blockers: at('blockers', listOf(blocker)),
  leftBehind: at('leftBehind', texts),
  lost: at('lost', texts),
  emptiedAt: at('emptiedAt', time),
  notes: at('notes', texts),
})

/** Version 0.1.0 calls the successor a replacement; its names are written as well, for a downgrade. */
const successor: Field<Attempt['successor'], AttemptStatus> = {
  read({ successorName, successorUID, successorSince, replacementName, replacementUID, phases = [] }) {
    const name = successorName ?? replacementName
    const uid = successorUID ?? replacementUID
    if (!name || !uid) return undefined
    const found = successorSince ?? phases.findLast((one) => one.phase === 'Dwelling')?.at
    return { name, uid, since: found === undefined ? 0 : Date.parse(found) }
  },
  write: ({ name, uid, since }) => ({
    successorName: name,
    successorUID: uid,
    successorSince: time.write(since),
    replacementName: name,
    replacementUID: uid,
  }),
}

const call: Field<Attempt['call'], AttemptStatus> = {
  read: ({ callAt, callBootID }) =>
    callAt !== undefined && callBootID !== undefined ? { at: Date.parse(callAt), bootId: callBootID } : undefined,
  write: (written) => ({ callAt: time.write(written.at), callBootID: written.bootId }),
}

const evidence: Field<Attempt['evidence'], AttemptStatus> = {
  read: ({ evidenceSince, evidence: said }) =>
    evidenceSince === undefined ? undefined : { since: Date.parse(evidenceSince), ...(said !== undefined && { said }) },
  write: ({ since, said }) => ({
    evidenceSince: time.write(since),
    ...(said !== undefined && { evidence: fitting.write(said) }),
  }),
}

/** Of the metadata, which the API server keeps: read, and never written by a codec. */
function kept<Value>(read: (metadata: StoredAttempt['metadata']) => Value): Field<Value, StoredAttempt> {
  return { read: ({ metadata }) => read(metadata), write: () => ({}) }
}

type Part = 'spec' | 'status'

/** In `spec` (who and which attempt: never changes) or in `status`. */
function inside<Name extends Part, Value>(
  part: Name,
  field: Field<Value, StoredAttempt[Name]>,
): Field<Value, StoredAttempt> {
  return {
    read: (stored) => field.read(stored[part]),
    write: (value) => ({ [part]: field.write(value) }) as Partial<StoredAttempt>, // one part of it
  }
}

/** Every field of an attempt. */
export const attemptFields: Fields<Attempt, StoredAttempt> = {
  name: kept(({ name = '' }) => name),
  resourceVersion: kept(({ resourceVersion = '' }) => resourceVersion),
  createdAt: kept(({ creationTimestamp = '' }) => Date.parse(creationTimestamp) || 0),
  guarded: kept(({ finalizers = [] }) => finalizers.includes(guardFinalizer)),
  deletedAt: kept(({ deletionTimestamp }) =>
    deletionTimestamp === undefined ? undefined : time.read(deletionTimestamp),
  ),
  approvedBy: kept(({ annotations }) => annotations?.[approvedKey]),
  forgivenBy: kept(({ annotations }) => annotations?.[forgivenKey]),
  nodeName: inside('spec', at('nodeName', same())),
  nodeUid: inside('spec', at('nodeUID', same())),
  providerId: inside('spec', at('providerID', same())),
  bootId: inside('spec', at('bootID', same())),
  nodeLabels: inside('spec', at('nodeLabels', same())),
  number: inside('spec', at('attempt', same())),
  phase: inside('status', at('phase', same(), 'Pending')),
  phases: inside('status', at('phases', listOf(phaseEntry), [])),
  deadline: inside('status', at('deadline', time)),
  sightings: inside('status', at('sightings', listOf(sighting), [])),
  decision: inside('status', at('decision', decision)),
  approvedFor: inside('status', at('approvedFor', rule)),
  plan: inside('status', at('plan', plan)),
  taintedAt: inside('status', at('taintedAt', time)),
  evidence: inside('status', evidence),
  drain: inside('status', at('drain', drain)),
  call: inside('status', call),
  successor: inside('status', successor),
  healthySince: inside('status', at('healthySince', time)),
  proof: inside('status', at('proof', fitting)),
  trouble: inside('status', at('trouble', fitting)),
  holder: inside('status', at('holder', same())),
  fencingToken: inside('status', at('fencingToken', same())),
}
