import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pause } from '../../model/node.ts'
import { type Attempt, type Blocker, type DrainProgress, type Plan, phases } from '../../model/repair.ts'
import { givenAttempt, givenCondition, givenNode, givenPolicy, hour, minute, noon } from '../../repair/testing/given.ts'
import { type Now, nowOfRepair } from './why-now.ts'

const plan: Plan = {
  policy: 'kernel',
  generation: 1,
  action: 'Replace',
  provider: 'karpenter',
  target: { kind: 'NodeClaim', name: 'claim-1', uid: 'u' },
  condition: 'KernelReady',
  status: 'False',
  reason: '',
  drain: givenPolicy().drain,
  dwellMs: minute,
}
const drain: DrainProgress = {
  startedAt: noon,
  deadline: noon + hour,
  evicted: 1,
  remaining: 2,
  blockers: [],
  leftBehind: [],
}
const node = givenNode('a', {}, givenCondition('KernelReady'))

function now(more: Partial<Attempt>, pause: Pause = { state: 'off' }): Now {
  const repair = givenAttempt(node, { plan, drain, successor: { name: 'b', uid: 'uid-b', since: noon }, ...more })
  return nowOfRepair(repair, { leader: 'me', pause, now: noon })
}

function blocked(kind: Blocker['kind'], more: Partial<Plan['drain']> = {}, count = 1): Now {
  const blockers = Array.from({ length: count }, (_, index) => {
    return { pod: `shop/web-${index}`, kind, reason: `reason ${index}`, budgets: kind === 'budget' ? ['x', 'y'] : [] }
  })
  const limits = { ...plan.drain, ...more }
  return now({ phase: 'Draining', drain: { ...drain, blockers }, plan: { ...plan, drain: limits } })
}

test('a drain: what stands in the way, and what helps against it', () => {
  assert.deepEqual(now({ phase: 'Draining' }).waitsFor, ['2 pods to end'])
  assert.deepEqual(blocked('budget').waitsFor, ['shop/web-0: reason 0'])
  assert.match(
    blocked('budget').changes[0] ?? '',
    /^PodDisruptionBudget shop\/x and PodDisruptionBudget shop\/y allows a disruption$/,
  )
  assert.match(blocked('protected').changes[0] ?? '', /shop\/web-0 may be evicted: take away reason 0/)
  assert.match(blocked('stuck').changes[0] ?? '', /finalisers/)
  assert.match(blocked('refused').changes[0] ?? '', /whoever refuses lets shop\/web-0 be evicted/)
  assert.equal(blocked('stuck', {}, 9).waitsFor.at(-1), '4 more pods')
  const empty = now({ phase: 'Blocked', drain: { ...drain, remaining: 0 } })
  assert.deepEqual(empty.waitsFor, ['a budget slot'])
})

test('a drain: what happens when its time is up', () => {
  const end = (...given: Parameters<typeof blocked>): string => blocked(...given).changes.at(-2) ?? ''
  assert.match(end('stuck'), /T13:00:00\.000Z: the drain’s time is up and everything is put back$/)
  assert.match(end('stuck', { onTimeout: 'ProceedWithout' }), /it goes on without them$/)
  assert.match(end('budget', { onTimeout: 'ForceDelete' }), /everything is put back$/)
  assert.match(end('budget', { onTimeout: 'ForceDelete', pdb: 'RespectUntilDeadline' }), /what is left is deleted$/)
})

test('L6: a call that the API server forbade is what a repair waits for, not its beginning', () => {
  const trouble = 'delete nodeclaims claim-1: 403: no'
  const { waitsFor, changes } = now({ phase: 'Committing', trouble })
  assert.deepEqual(waitsFor, [trouble])
  assert.match(changes[0] ?? '', /^the right is granted: nodemend rbac controller/)
})

test('a proof: what the new node lacks is what a repair waits for, and no right', () => {
  const trouble = 'b is cordoned (spec.unschedulable)'
  const { waitsFor, changes } = now({ phase: 'Dwelling', trouble })
  assert.deepEqual(waitsFor, [trouble])
  assert.doesNotMatch(changes.join(), /right/)
})

test('from the commit on, nobody is told how to stop what cannot be stopped', () => {
  const stop = /kubectl annotate node a nodemend\.dev\/veto/
  for (const phase of ['Preparing', 'Draining', 'Blocked'] as const) assert.match(now({ phase }).changes.join(), stop)
  for (const phase of ['Acting', 'Observing', 'Dwelling'] as const)
    assert.doesNotMatch(now({ phase }).changes.join(), stop)
  assert.match(now({ phase: 'Acting', deletedAt: noon }).doing, /too late to take it back/)
  assert.match(now({ phase: 'Draining', deletedAt: noon }).doing, /everything is being put back/)
})

test('every phase says what it does and waits for', () => {
  assert.match(now({ phase: 'Committing' }).doing, /asks karpenter to delete NodeClaim claim-1/)
  assert.deepEqual(now({ phase: 'Acting' }).waitsFor, ['NodeClaim claim-1 to be gone'])
  assert.deepEqual(now({ phase: 'Dwelling' }).waitsFor, ['b to be ready and free of faults'])
  const proving = now({ phase: 'Dwelling', healthySince: noon })
  assert.deepEqual(proving.waitsFor, ['b to stay ready and free of faults until 2026-03-01T12:01:00.000Z'])
  assert.match(now({ phase: 'Unknown', deadline: noon }).changes[0] ?? '', /it ends as failed/)
  for (const phase of phases) assert.match(now({ phase }).doing, /^Repair a-1 /, phase)
})

test('a pause, and nobody who leads, come first', () => {
  const paused = now({ phase: 'Preparing' }, { state: 'on', why: 'kim' })
  assert.match(paused.waitsFor[0] ?? '', /the end of a pause of the whole controller: kim/)
  const repair = givenAttempt(node, { plan, phase: 'Preparing' })
  assert.deepEqual(
    nowOfRepair(repair, { leader: null, pause: { state: 'off' }, now: noon }).waitsFor[0],
    'a controller: none leads',
  )
})
