import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { NodeView } from '../../../model/node.ts'
import type { Attempt, Plan } from '../../../model/repair.ts'
import type { OperationView } from '../../../providers/provider.ts'
import type { Step } from '../../attempt/transition.ts'
import {
  givenAttempt,
  givenCondition,
  givenNode,
  givenPolicy,
  givenSnapshot,
  minute,
  noon,
} from '../../testing/given.ts'
import { reboot } from './reboot.ts'

const sick = givenCondition('KernelReady')
const plan: Plan = {
  policy: 'kernel',
  generation: 1,
  action: 'Reboot',
  provider: 'embedded',
  target: { kind: 'Node', name: 'a', uid: 'uid-a' },
  condition: 'KernelReady',
  status: 'False',
  reason: 'KernelReadyReason',
  drain: givenPolicy().drain,
  dwellMs: 5 * minute,
}
const before = givenNode('a', {}, sick)
const attempt: Attempt = givenAttempt(before, {
  phase: 'Acting',
  phases: [{ phase: 'Acting', at: noon, why: '' }],
  plan,
  taintedAt: noon,
  call: { at: noon, bootId: 'boot-1' },
})

function done(operation: OperationView, node: NodeView = before, now = noon + minute): Step {
  return reboot.done(attempt, { snapshot: givenSnapshot({ nodes: [node] }), now, slotFree: true }, operation)
}

const whyOf = (step: Step): string => (step.kind === 'record' ? (step.attempt.phases.at(-1)?.why ?? '') : step.kind)

describe('after the call', () => {
  test('the same node with a new boot proves itself from the moment at which the boot was seen', () => {
    const back = { state: 'back', node: { name: 'a', uid: 'uid-a' } } as const
    const booted = givenNode('a', { bootId: 'boot-2', rebootedAt: noon + 30_000 }, sick)
    const seen = done(back, booted)
    assert.deepEqual(seen.kind === 'record' && [seen.attempt.phase, seen.attempt.successor?.since], [
      'Dwelling',
      noon + 30_000,
    ])
    const unseen = done(back) // the watch is behind: what it shows is from before the boot
    assert.equal(unseen.kind === 'record' && unseen.attempt.successor?.since, noon + minute)
  })

  test('another Node object, or none, is not the machine', () => {
    assert.match(whyOf(done({ state: 'back', node: { name: 'a', uid: 'other' } })), /is another Node object now/)
    const gone = done({ state: 'gone', successor: { kind: 'awaited', why: '' } })
    assert.match(whyOf(gone), /^the node is gone instead of having rebooted/)
  })

  test('without a new boot it ends in time, and the taint comes off the node that is still there', () => {
    const silent = { state: 'unknown', why: 'a still has boot id boot-1' } as const
    assert.equal(done(silent).kind, 'wait')
    const late = done(silent, before, noon + 20 * minute)
    assert.equal(whyOf(late), 'no new boot in time: a still has boot id boot-1')
    assert.ok(late.kind === 'record' && late.untaint)
  })
})

describe('the proof', () => {
  const since = noon + minute
  const said = (type: string, status: 'True' | 'False', seenAt: number) => givenCondition(type, status, { seenAt })
  const judge = (...conditions: readonly ReturnType<typeof said>[]) =>
    reboot.prove(givenNode('a', { conditions }), plan, since).kind

  test('an answer from before the boot counts as nothing, whether it was bad or good', () => {
    assert.equal(judge(said('Ready', 'True', since), said('KernelReady', 'False', since - 1)), 'not-yet')
    assert.equal(judge(said('Ready', 'True', since), said('KernelReady', 'True', since - 1)), 'not-yet')
    assert.equal(judge(said('Ready', 'True', since - 1), said('KernelReady', 'True', since)), 'not-yet')
  })

  test('one from after it counts', () => {
    assert.equal(judge(said('Ready', 'True', since), said('KernelReady', 'True', since)), 'healthy')
    assert.equal(judge(said('Ready', 'True', since), said('KernelReady', 'False', since)), 'same-fault')
    assert.equal(reboot.prove(undefined, plan, since).kind, 'gone')
  })
})

test('a node without a boot id is refused', () => {
  const { bootId: _, ...blank } = givenNode('a')
  assert.match(reboot.refusal?.(blank)?.why ?? '', /a reports no boot id/)
  assert.equal(reboot.refusal?.(givenNode('a')), undefined)
})
