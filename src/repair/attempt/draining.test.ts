import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Attempt } from '../../model/repair.ts'
import type { DrainPass } from '../act/drain/run.ts'
import { givenAttempt, givenCondition, givenNode, givenPolicy, minute, noon } from '../testing/given.ts'
import { afterPass } from './draining.ts'
import { readAttempt, specOf, statusOf } from './record.ts'

const old = givenNode('old', {}, givenCondition('KernelReady'))
const plan = {
  policy: 'kernel',
  generation: 1,
  action: 'Replace',
  provider: 'embedded',
  target: { kind: 'Node', name: 'old', uid: 'uid-old' },
  condition: 'KernelReady',
  status: 'False',
  reason: 'KernelReadyReason',
  drain: givenPolicy().drain,
  dwellMs: 5 * minute,
} as const
const draining = givenAttempt(old, {
  phase: 'Draining',
  phases: [{ phase: 'Draining', at: noon, why: '' }],
  plan,
  taintedAt: noon,
  drain: { startedAt: noon, deadline: noon + 60 * minute, evicted: 0, remaining: 2, blockers: [], leftBehind: [] },
})
const blocked: DrainPass = {
  listedAt: noon + minute,
  nodeGone: false,
  taintGone: false,
  evicted: 0,
  remaining: 2,
  stuck: true,
  blockers: [{ pod: 'shop/web', kind: 'budget', reason: 'budget', budgets: ['web'] }],
  left: [],
}

/** As the API server gives it back. */
function stored(attempt: Attempt): Attempt {
  const object = {
    metadata: { name: attempt.name, resourceVersion: '1' },
    spec: specOf(attempt),
    status: statusOf(attempt),
  }
  const read = readAttempt(JSON.parse(JSON.stringify(object)))
  assert.ok(read)
  return read
}

test('a blocked drain is recorded once, and not again while a pass finds the same', () => {
  const now = noon + minute
  const first = afterPass(draining, plan, { snapshot: undefined as never, now, slotFree: true }, blocked)
  assert.ok(first.kind === 'record')
  const again = (pass: DrainPass) =>
    afterPass(stored(first.attempt), plan, { snapshot: undefined as never, now: now + 1_000, slotFree: true }, pass)
      .kind
  assert.equal(again(blocked), 'wait')
  assert.equal(again({ ...blocked, remaining: 1 }), 'record')
})
