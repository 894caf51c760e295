/** When the next pass is due: as soon as a gate opens by itself, whichever it is. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nodes } from '../kube/api.ts'
import { decide } from './decide/decide.ts'
import {
  givenAttempt,
  givenCondition,
  givenNode,
  givenPolicy,
  givenSighting,
  givenSnapshot,
  hour,
  minute,
  noon,
} from './testing/given.ts'
import { givenCluster } from './testing/given-cluster.ts'
import { quickPolicy } from './testing/test-cluster.ts'

describe('a pass is due when the gate that decided opens by itself', () => {
  test('the toleration ends', async (t) => {
    const { cluster, first } = await givenCluster(t, { ...quickPolicy, toleration: '90s' })
    const half = await cluster.half('a')
    await cluster.setCondition(first, 'KernelReady', 'False')
    await cluster.run(30, half)
    const [decision] = (await cluster.repairs()).map((one) => one.decision)
    assert.equal(decision?.decidedBy, 'toleration')
    assert.equal(await half.controller.pass(), (decision?.eligibleAt ?? 0) - cluster.clock.now())
  })

  test('a veto ends, the earliest of two', async (t) => {
    const { cluster, first, second } = await givenCluster(t)
    const half = await cluster.half('a')
    const until = (seconds: number): string => new Date(cluster.clock.now() + seconds * 1_000).toISOString()
    await cluster.annotate(nodes, first, { 'nodemend.dev/veto': until(120) })
    await cluster.annotate(nodes, second, { 'nodemend.dev/veto': until(60) })
    for (const node of [first, second]) await cluster.setCondition(node, 'KernelReady', 'False')
    await cluster.run(20, half)
    assert.equal(await half.controller.pass(), 40_000)
  })

  test('the settle period passes', async (t) => {
    const { cluster, first } = await givenCluster(t)
    const half = await cluster.half('a')
    await cluster.setCondition(first, 'KernelReady', 'False')
    half.observer.health.settle()
    await cluster.run(20, half)
    assert.equal(await half.controller.pass(), 280_000)
  })

  test('nobody knows when somebody lifts a veto: nothing is due', async (t) => {
    const { cluster, first } = await givenCluster(t)
    const half = await cluster.half('a')
    await cluster.annotate(nodes, first, { 'nodemend.dev/veto': 'kim: looking at it' })
    await cluster.setCondition(first, 'KernelReady', 'False')
    await cluster.run(20, half)
    assert.equal(await half.controller.pass(), Number.POSITIVE_INFINITY)
  })
})

test('the pause after a failed attempt; what is due is no part of the record, whose words say it', () => {
  const sick = givenNode('a', {}, givenCondition('KernelReady', 'False', { seenAt: noon + hour }))
  const failedAt = noon + hour - minute
  const phases = [{ phase: 'Failed' as const, at: failedAt, why: '' }]
  const records = [givenSighting(sick, noon), givenAttempt(sick, { name: 'failed', phase: 'Failed', phases })]
  const snapshot = givenSnapshot({ nodes: [sick, givenNode('spare')] })
  const [decision] = decide(snapshot, [givenPolicy()], records, noon + hour)
  assert.deepEqual([decision?.decidedBy, decision?.until], ['attempts', failedAt + 10 * minute])
  assert.ok(decision?.gates.every((gate) => !('until' in gate)))
})
