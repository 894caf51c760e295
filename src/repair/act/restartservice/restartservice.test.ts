import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { compileShipped } from '../../../catalog/shipped.ts'
import { suggestionsOf } from '../../../catalog/suggestions.ts'
import { serviceNames } from '../../../model/on-node/order.ts'
import type { Plan } from '../../../model/repair.ts'
import type { Operation, OperationView } from '../../../providers/provider.ts'
import { SteppedClock } from '../../../telemetry/clock.ts'
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
import { OnNodePods } from '../on-node/pods.ts'
import { restartServiceActor } from './actor.ts'
import { restartService } from './restartservice.ts'

const plan: Plan = {
  policy: 'runtime',
  generation: 1,
  action: 'RestartService',
  provider: 'nodemend',
  target: { kind: 'Service', name: 'container-runtime', uid: 'uid-a' },
  condition: 'ContainerRuntimeReady',
  status: 'False',
  reason: 'PLEGUnhealthy',
  drain: givenPolicy().drain,
  dwellMs: 5 * minute,
}
const node = givenNode('a', {}, givenCondition('ContainerRuntimeReady'))
const attempt = givenAttempt(node, {
  phase: 'Acting',
  phases: [{ phase: 'Acting', at: noon, why: '' }],
  plan,
  call: { at: noon, bootId: 'boot-1' },
})

function done(operation: OperationView, now = noon + minute): Step {
  return restartService.done(attempt, { snapshot: givenSnapshot({ nodes: [node] }), now, slotFree: true }, operation)
}

const endOf = (step: Step): string =>
  step.kind === 'record' ? `${step.attempt.phase}: ${step.attempt.phases.at(-1)?.why}` : step.kind

describe('after the order', () => {
  test('what was done is proven from now on by the same node', () => {
    const step = done({ state: 'ended', outcome: 'done', why: 'it is active' })
    assert.equal(endOf(step), 'Dwelling: a has a service started anew: it is active')
    assert.deepEqual(step.kind === 'record' && step.attempt.successor, {
      name: 'a',
      uid: 'uid-a',
      since: noon + minute,
    })
  })

  test('what was refused, what failed and what cannot be told ends as Failed, and nothing of it is repeated', () => {
    assert.match(
      endOf(done({ state: 'ended', outcome: 'refused', why: 'masked' })),
      /^Failed: .*nothing was touched: masked/,
    )
    assert.equal(endOf(done({ state: 'ended', outcome: 'failed', why: 'it ends' })), 'Failed: it ends')
    assert.equal(done({ state: 'unknown', why: 'gone' }).kind, 'wait')
    assert.match(endOf(done({ state: 'unknown', why: 'gone' }, noon + 20 * minute)), /^Failed: no answer in time: gone/)
    assert.match(endOf(done({ state: 'not-started' })), /^Unknown: outcome unknown/)
    assert.match(endOf(done({ state: 'gone', successor: { kind: 'awaited', why: '' } })), /^Failed: the node is gone/)
  })
})

test('only what the node says after the restart proves it', () => {
  const said = (seenAt: number) =>
    givenNode('a', {
      conditions: [
        givenCondition('Ready', 'True', { seenAt }),
        givenCondition('ContainerRuntimeReady', 'True', { seenAt }),
      ],
    })
  assert.equal(restartService.prove(said(noon), plan, noon + 1).kind, 'not-yet')
  assert.equal(restartService.prove(said(noon + 1), plan, noon + 1).kind, 'healthy')
})

test('a node that is not ready, or without a boot id, is refused', () => {
  const { bootId: _, ...blank } = givenNode('a')
  assert.match(restartService.refusal?.(blank)?.why ?? '', /no boot id/)
  assert.match(restartService.refusal?.(givenNode('a', { conditions: [] }))?.why ?? '', /not ready/)
  assert.equal(restartService.refusal?.(node), undefined)
})

test('the actor carries out its own action alone, and services of the list alone', async () => {
  const never = (): never => assert.fail('nothing is called')
  const api = { server: 'none', close: () => undefined, request: never, stream: never }
  const clock = new SteppedClock(noon)
  const onNode = new OnNodePods(api, clock, { namespace: 'nodemend', image: 'agent' })
  const actor = restartServiceActor({ api, clock, onNode })
  const operation = { action: 'Reboot', target: plan.target } as Operation // it is rejected before more of it is read
  await assert.rejects(actor?.begin(operation, 1) ?? Promise.resolve(), /cannot Reboot/)
  const target = { kind: 'Service', name: 'sshd; reboot', uid: '' }
  const other = { action: 'RestartService', target } as Operation // as above
  await assert.rejects(actor?.begin(other, 1) ?? Promise.resolve(), /no service that may be restarted/)
})

test('every service of the list is suggested by a reason of the catalogue', () => {
  const suggestions = suggestionsOf(compileShipped(join(import.meta.dirname, '..', '..', '..', '..', 'catalog')))
  const suggested = new Set([...suggestions.values()].map(({ service }) => service))
  assert.deepEqual(
    serviceNames.filter((name) => !suggested.has(name)),
    [],
  )
})
