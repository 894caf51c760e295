/** The state machine under random worlds: what it may never do, whatever it sees. A failure prints its seed and path. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type Intervention, interventions } from '../../model/action.ts'
import { type Attempt, isBeforeCommit, isFinished, type Phase, phases } from '../../model/repair.ts'
import type { OperationView } from '../../providers/provider.ts'
import { kindOf } from '../act/actions.ts'
import type { DrainPass } from '../act/drain/run.ts'
import { givenAttempt, givenCondition, givenNode, givenPolicy, givenSnapshot, minute, noon } from '../testing/given.ts'
import { nextStep } from './step.ts'
import type { Step, StepView } from './transition.ts'

const runs = { numRuns: 500 }
const old = givenNode('old', {}, givenCondition('KernelReady'))

const follows: Readonly<Record<Phase, readonly Phase[]>> = {
  Pending: [],
  Preparing: ['Draining', 'Failed', 'Cancelled'],
  Draining: ['Blocked', 'Committing', 'Failed', 'Cancelled'],
  Blocked: ['Committing', 'Failed', 'Cancelled'],
  Committing: ['Acting', 'Unknown', 'Failed', 'Cancelled'],
  Acting: ['Observing', 'Dwelling', 'Unknown', 'Failed'],
  Observing: ['Dwelling', 'Unknown', 'Succeeded', 'Failed'],
  Dwelling: ['Succeeded', 'Failed'],
  Unknown: ['Acting', 'Failed', 'Cancelled'],
  Succeeded: [],
  Failed: [],
  Cancelled: [],
}

/** What follows, too, where no pod has to leave: such an action takes nothing away that would have to be proven. */
const undrained: Readonly<Record<Phase, readonly Phase[]>> = {
  ...(Object.fromEntries(phases.map((phase) => [phase, []])) as unknown as Record<Phase, readonly Phase[]>), // every phase
  Preparing: ['Committing'],
  Acting: ['Succeeded'],
}

const operation: fc.Arbitrary<OperationView> = fc.constantFrom<OperationView>(
  { state: 'not-started' },
  { state: 'running', why: '' },
  { state: 'unknown', why: '' },
  { state: 'gone', successor: { kind: 'awaited', why: '' } },
  { state: 'gone', successor: { kind: 'found', node: { name: 'new', uid: 'uid-new' } } },
  { state: 'gone', successor: { kind: 'not-needed', why: '' } },
  { state: 'back', node: { name: 'old', uid: 'uid-old' } },
)

interface Moment {
  readonly minutes: number
  readonly sick: boolean
  readonly present: boolean
  readonly healthy: boolean
  readonly synced: boolean
  /** A person deletes the record now; it stays deleted. */
  readonly deleted: boolean
  readonly slotFree: boolean
  readonly operation: OperationView
  readonly pass: Pick<DrainPass, 'remaining' | 'stuck' | 'taintGone'>
}

const moment: fc.Arbitrary<Moment> = fc.record({
  minutes: fc.integer({ min: 0, max: 12 }),
  sick: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
  present: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
  healthy: fc.boolean(),
  synced: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
  deleted: fc.integer({ min: 0, max: 19 }).map((n) => n === 0),
  slotFree: fc.boolean(),
  operation,
  pass: fc.record({
    remaining: fc.integer({ min: 0, max: 2 }),
    stuck: fc.boolean(),
    taintGone: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  }),
})

const limits = fc.record({
  action: fc.constantFrom(...interventions),
  onTimeout: fc.constantFrom('Abort' as const, 'ProceedWithout' as const, 'ForceDelete' as const),
  pdb: fc.constantFrom('Respect' as const, 'RespectUntilDeadline' as const),
})

function start({
  action,
  ...chosen
}: {
  action: Intervention
  onTimeout: 'Abort' | 'ProceedWithout' | 'ForceDelete'
  pdb: 'Respect' | 'RespectUntilDeadline'
}): Attempt {
  const { drain } = givenPolicy()
  return givenAttempt(old, {
    phase: 'Preparing',
    phases: [{ phase: 'Preparing', at: noon, why: '' }],
    plan: {
      policy: 'kernel',
      generation: 1,
      action,
      provider: 'embedded',
      target: { kind: 'Node', name: 'old', uid: 'uid-old' },
      condition: 'KernelReady',
      status: 'False',
      reason: '',
      drain: { ...drain, ...chosen },
      dwellMs: 5 * minute,
    },
  })
}

function viewOf(at: Moment, now: number): Pick<StepView, 'snapshot' | 'now' | 'slotFree'> {
  const node = at.sick ? old : givenNode('old', {}, givenCondition('KernelReady', 'True'))
  const fresh = at.healthy ? givenNode('new') : givenNode('new', {}, givenCondition('StorageReady'))
  const nodes = [...(at.present ? [node] : []), fresh]
  return { now, slotFree: at.slotFree, snapshot: givenSnapshot({ nodes, health: { synced: at.synced } }) }
}

/** Plays the executor over `moments` and shows every step to `check`. */
function play(
  attempt: Attempt,
  moments: readonly Moment[],
  check: (before: Attempt, step: Step, at: Moment) => void,
): Attempt {
  let current = attempt
  let now = noon
  for (const at of moments) {
    now += at.minutes * minute
    if (at.deleted) current = { ...current, deletedAt: now }
    let extra: Pick<StepView, 'pass' | 'operation'> = {}
    for (let steps = 0; steps < 8 && !isFinished(current.phase); steps++) {
      const step = nextStep(current, { ...viewOf(at, now), ...extra })
      check(current, step, at)
      if (step.kind === 'wait' || step.kind === 'call') break
      if (step.kind === 'taint') current = { ...current, taintedAt: now }
      if (step.kind === 'look') extra = { operation: at.operation }
      if (step.kind === 'drain')
        extra = { pass: { listedAt: now, nodeGone: false, evicted: 0, blockers: [], left: [], ...at.pass } }
      if (step.kind !== 'record') continue
      extra = {}
      const same = step.attempt.phase === current.phase
      current = step.attempt
      if (same) break
    }
  }
  return current
}

const check = (property: (before: Attempt, step: Step, at: Moment) => void): void =>
  fc.assert(
    fc.property(limits, fc.array(moment, { maxLength: 30 }), (chosen, moments) => {
      play(start(chosen), moments, property)
    }),
    runs,
  )

describe('whatever it sees', () => {
  test('it follows the table of phases, one entry at a time', () => {
    check((before, step) => {
      if (step.kind !== 'record' || step.attempt.phase === before.phase) return
      const drains = before.plan === undefined || kindOf(before.plan.action).drains
      const allowed = drains ? follows[before.phase] : [...follows[before.phase], ...undrained[before.phase]]
      assert.ok(allowed.includes(step.attempt.phase), `${before.phase} -> ${step.attempt.phase}`)
      assert.equal(step.attempt.phases.length, before.phases.length + 1)
    })
  })

  test('it calls the provider only from a recorded commit that certainly has not begun, and never a second time', () => {
    check((before, step, at) => {
      if (step.kind !== 'call') return
      assert.ok(before.phases.some((entry) => entry.phase === 'Committing'))
      assert.ok(!before.phases.some((entry) => entry.phase === 'Acting'))
      assert.equal(at.operation.state, 'not-started')
      assert.ok(!at.present || at.sick, 'a fault that cleared authorises nothing')
    })
  })

  test('a call that is on record is never made again', () => {
    fc.assert(
      fc.property(limits, fc.array(moment, { maxLength: 30 }), (chosen, moments) => {
        const call = { at: noon, bootId: 'boot-1' }
        const phases = [{ phase: 'Committing' as const, at: noon, why: '' }]
        const written: Attempt = { ...start(chosen), phase: 'Committing', phases, call }
        play(written, moments, (_before, step) => assert.notEqual(step.kind, 'call'))
      }),
      runs,
    )
  })

  test('while a watch is behind it does nothing, unless a person asks for the node back', () => {
    check((before, step, at) => {
      const asked = before.deletedAt !== undefined && isBeforeCommit(before.phase)
      assert.ok(at.synced || step.kind === 'wait' || asked)
    })
  })

  test('it takes its taint back exactly when it ends and the old node is there to stay', () => {
    check((before, step, at) => {
      if (step.kind !== 'record' || !isFinished(step.attempt.phase)) return
      const begun = step.attempt.phases.some((entry) => entry.phase === 'Acting')
      if (isBeforeCommit(before.phase) && before.taintedAt !== undefined) assert.ok(step.untaint)
      if (begun && !at.present) assert.ok(!step.untaint)
    })
  })

  test('deleted before the commit it ends and puts the node back; deleted later, it never begins anything', () => {
    check((before, step) => {
      if (before.deletedAt === undefined) return
      assert.notEqual(step.kind, 'call')
      if (!isBeforeCommit(before.phase)) return
      assert.ok(step.kind === 'record' && step.attempt.phase === 'Cancelled', step.kind)
      assert.equal(step.untaint, before.taintedAt !== undefined)
    })
  })

  test('it never waits for ever: two hours after anything, it has ended or still drains within its limits', () => {
    fc.assert(
      fc.property(limits, fc.array(moment, { maxLength: 10 }), operation, (chosen, moments, always) => {
        const calm = { sick: true, present: true, healthy: true, synced: true, deleted: false, slotFree: true }
        const hours = Array.from({ length: 12 }, () => ({
          ...calm,
          minutes: 10,
          operation: always,
          pass: { remaining: 0, stuck: false, taintGone: false },
        }))
        const last = play(start(chosen), [...moments, ...hours], () => undefined)
        assert.ok(isFinished(last.phase), last.phase)
        const begun = last.phases.some((entry) => entry.phase === 'Acting')
        if (last.phase === 'Succeeded') assert.ok(begun)
      }),
      runs,
    )
  })
})
