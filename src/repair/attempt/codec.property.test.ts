/** Every field of an attempt survives the way through its object: the generators are a table over the same fields. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { actions, interventions } from '../../model/action.ts'
import type { DecisionRecord, FirstSighting, GateRecord, Rule } from '../../model/decision.ts'
import { type DrainLimits, type EvidencePolicy, modes } from '../../model/policy.ts'
import {
  type Attempt,
  type Blocker,
  type DrainProgress,
  type Evidence,
  type PhaseEntry,
  type Plan,
  phases,
  type RepairTarget,
  type Successor,
  type WrittenCall,
} from '../../model/repair.ts'
import { attemptFields, guardFinalizer } from './codec.ts'
import { readAttempt, specOf, statusOf } from './record.ts'
import { attemptSpec, attemptStatus } from './schema.ts'

/** One generator for every field: the compiler asks for a new one. */
type Generators<T> = { readonly [Name in keyof T]-?: fc.Arbitrary<NonNullable<T[Name]>> }

const moment = fc.integer({ min: 0, max: Date.parse('2100-01-01T00:00:00Z') })
const span = fc.integer({ min: 1, max: 86_400 }).map((seconds) => seconds * 1_000)
const word = fc.string({ minLength: 1, maxLength: 32 })
/** Kubernetes' label keys begin with a letter or digit. */
const labelKey = word.map((text) => `k${text}`)
const words = fc.array(word, { maxLength: 3 })
const count = fc.nat(1_000)
const status = fc.constantFrom('True' as const, 'False' as const, 'Unknown' as const)

/** A record of these fields; those that `optional` names are there or not. */
function of<T>(generators: Generators<T>, ...optional: readonly (keyof T)[]): fc.Arbitrary<T> {
  const required = Object.keys(generators).filter((name) => !optional.includes(name as keyof T))
  // The library loses which key has which type on the way through `requiredKeys`.
  return fc.record(generators as never, {
    requiredKeys: required as never,
    noNullPrototype: true,
  }) as unknown as fc.Arbitrary<T>
}

const sighting = of<FirstSighting>(
  { policy: word, condition: word, status, reason: word, since: moment, transition: moment, drill: fc.boolean() },
  'transition',
  'drill',
)
const gate = of<GateRecord>(
  { gate: word, answer: fc.constantFrom('allow', 'wait', 'refuse'), why: word, change: word },
  'change',
)
const rule = of<Rule>({
  policy: word,
  generation: count,
  mode: fc.constantFrom(...modes),
  action: fc.constantFrom(...actions),
  condition: word,
  status,
  reason: word,
})
const outcome = fc.constantFrom('act', 'would-act', 'wait', 'refuse', 'no-action', 'cleared')
const decision = of<DecisionRecord>(
  {
    at: moment,
    outcome: outcome as fc.Arbitrary<DecisionRecord['outcome']>, // its words
    rule,
    eligibleAt: moment,
    decidedBy: word,
    gates: fc.array(gate, { maxLength: 3 }),
  },
  'rule',
  'eligibleAt',
  'decidedBy',
)
const limits = of<DrainLimits>(
  {
    timeoutMs: span,
    onTimeout: fc.constantFrom('Abort', 'ProceedWithout', 'ForceDelete'),
    pdb: fc.constantFrom('Respect', 'RespectUntilDeadline'),
    gracePeriodSeconds: fc.integer({ min: 1, max: 86_400 }),
    blockedAfterMs: span,
    waitForJobsMs: span,
    volumesMs: span,
    saveStateMs: span,
    leaveLoadBalancersMs: span,
    oneByOne: fc.boolean(),
  },
  'gracePeriodSeconds',
  'waitForJobsMs',
  'volumesMs',
  'saveStateMs',
  'leaveLoadBalancersMs',
  'oneByOne',
)
const plan = of<Plan>(
  {
    policy: word,
    generation: count,
    action: fc.constantFrom(...interventions),
    provider: word,
    target: of<RepairTarget>({ kind: word, namespace: word, name: word, uid: word }, 'namespace'),
    condition: word,
    status,
    reason: word,
    drain: limits,
    evidence: of<EvidencePolicy>({ keep: fc.constantFrom('Node', 'Claim'), claim: word, timeoutMs: span }, 'claim'),
    dwellMs: span,
    joinMs: span,
  },
  'joinMs',
  'evidence',
)
const blocker = of<Blocker>({
  pod: word,
  kind: fc.constantFrom('budget', 'protected', 'stuck', 'refused', 'returned'),
  reason: word,
  budgets: words,
})
const drain = of<DrainProgress>(
  {
    startedAt: moment,
    deadline: moment,
    evicted: count,
    remaining: count,
    blockedSince: moment,
    blockers: fc.array(blocker, { maxLength: 2 }),
    leftBehind: words,
    lost: words,
    emptiedAt: moment,
    notes: words,
  },
  'blockedSince',
  'lost',
  'emptiedAt',
  'notes',
)
const phase = fc.constantFrom(...phases)
const entry = of<PhaseEntry>({ phase, at: moment, why: word })
/** The API server keeps its own stamps in whole seconds or finer; any of them is read. */
const generators: Generators<Attempt> = {
  name: word,
  resourceVersion: word,
  createdAt: moment,
  guarded: fc.boolean(),
  deletedAt: moment,
  nodeName: word,
  nodeUid: word,
  providerId: word,
  bootId: word,
  nodeLabels: fc.dictionary(labelKey, word, { maxKeys: 3, noNullPrototype: true }),
  number: fc.integer({ min: 1, max: 99 }),
  approvedFor: rule,
  approvedBy: word,
  forgivenBy: word,
  phase,
  phases: fc.array(entry, { minLength: 1, maxLength: 4 }),
  deadline: moment,
  sightings: fc.array(sighting, { maxLength: 3 }),
  decision,
  plan,
  taintedAt: moment,
  evidence: of<Evidence>({ since: moment, said: word }, 'said'),
  drain,
  call: of<WrittenCall>({ at: moment, bootId: word }),
  successor: of<Successor>({ name: word, uid: word, since: moment }),
  healthySince: moment,
  proof: word,
  trouble: word,
  holder: word,
  fencingToken: count,
}
const optional = [
  'deletedAt',
  'providerId',
  'bootId',
  'approvedBy',
  'forgivenBy',
  'deadline',
  'decision',
  'plan',
  'taintedAt',
  'evidence',
  'drain',
  'call',
  'successor',
  'healthySince',
  'proof',
  'holder',
  'fencingToken',
] as const satisfies readonly (keyof Attempt)[]

/** The object as the API server gives it back: what we wrote through JSON, and its own metadata. */
function throughTheServer(attempt: Attempt): Attempt | undefined {
  const stamp = (ms: number): string => new Date(ms).toISOString()
  const metadata = {
    name: attempt.name,
    resourceVersion: attempt.resourceVersion,
    creationTimestamp: stamp(attempt.createdAt),
    ...(attempt.deletedAt !== undefined && { deletionTimestamp: stamp(attempt.deletedAt) }),
    annotations: {
      ...(attempt.approvedBy !== undefined && { 'nodemend.dev/approved': attempt.approvedBy }),
      ...(attempt.forgivenBy !== undefined && { 'nodemend.dev/forgiven': attempt.forgivenBy }),
    },
    finalizers: attempt.guarded ? [guardFinalizer] : [],
  }
  const object: unknown = JSON.parse(JSON.stringify({ metadata, spec: specOf(attempt), status: statusOf(attempt) }))
  return readAttempt(object as Parameters<typeof readAttempt>[0]) // as a watch delivers it
}

test('F5: every field comes back as it was', () => {
  fc.assert(
    fc.property(of<Attempt>(generators, ...optional), (attempt) => {
      assert.deepEqual(throughTheServer(attempt), attempt)
    }),
    { numRuns: 300 },
  )
})

test('each field has its line in the table, and what the lines write is all that the schema knows', () => {
  assert.deepEqual(Object.keys(attemptFields).sort(), Object.keys(generators).sort())
  const evidence = of<Evidence>({ since: moment, said: word }) // both are fields of the status itself
  const [full] = fc.sample(of<Attempt>({ ...generators, evidence }), 1)
  assert.ok(full)
  assert.deepEqual(Object.keys(specOf(full)).sort(), Object.keys(attemptSpec.shape).sort())
  assert.deepEqual(Object.keys(statusOf(full)).sort(), Object.keys(attemptStatus.shape).sort())
})
