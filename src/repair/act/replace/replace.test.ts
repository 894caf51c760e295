import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Phase } from '../../../model/repair.ts'
import type { OperationView } from '../../../providers/provider.ts'
import type { Step } from '../../attempt/transition.ts'
import { givenAttempt, givenNode, givenSnapshot, minute, noon } from '../../testing/given.ts'
import { replace } from './replace.ts'

const old = givenNode('old')

function done(phase: Phase, operation: OperationView, now = noon + minute): Step {
  const attempt = givenAttempt(old, { phase, phases: [{ phase, at: noon, why: '' }], taintedAt: noon })
  return replace.done(attempt, { snapshot: givenSnapshot({ nodes: [] }), now, slotFree: true }, operation)
}

/** The phase that a step enters, or its kind. */
const says = (step: Step): string => (step.kind === 'record' ? step.attempt.phase : step.kind)

test('the old node goes, then another one is found, and what is said about it counts from then on', () => {
  const found: OperationView = { state: 'gone', successor: { kind: 'found', node: { name: 'new', uid: 'uid-new' } } }
  assert.equal(says(done('Acting', found)), 'Observing')
  const dwelling = done('Observing', found)
  assert.deepEqual(dwelling.kind === 'record' && dwelling.attempt.successor, {
    name: 'new',
    uid: 'uid-new',
    since: noon + minute,
  })
})

test('a machine that booted anew instead of going is waited for, and a failure in time', () => {
  const back: OperationView = { state: 'back', node: { name: 'old', uid: 'uid-old' } }
  assert.equal(says(done('Acting', back)), 'wait')
  assert.equal(says(done('Acting', back, noon + 20 * minute)), 'Failed')
})

test('an operation that the provider no longer knows has an unknown outcome', () => {
  assert.equal(says(done('Acting', { state: 'not-started' })), 'Unknown')
})

test('a pool that needs no new node is proof enough; one that gets none is a failure in time', () => {
  assert.equal(says(done('Observing', { state: 'gone', successor: { kind: 'not-needed', why: '' } })), 'Succeeded')
  const awaited: OperationView = { state: 'gone', successor: { kind: 'awaited', why: '' } }
  assert.equal(says(done('Observing', awaited)), 'wait')
  assert.equal(says(done('Observing', awaited, noon + 20 * minute)), 'Failed')
})
