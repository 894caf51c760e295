import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nodeRepairs, nodes } from '../kube/api.ts'
import { quickPolicy, startWorld, type World } from './testing/world.ts'

/** A world with a policy and one leading half, and the name of a node to make sick. */
async function given(t: { after(run: () => Promise<void>): void }, spec: object = quickPolicy) {
  const world = await startWorld()
  t.after(() => world.stop())
  await world.policy('kernel', spec)
  const half = await world.half('a')
  await world.run(2, half)
  const node = (await world.nodes())[0]?.metadata.name ?? ''
  assert.notEqual(node, '')
  return { world, half, node }
}

const inPhase = (world: World, phase: string) => async () => (await world.repairs()).find((one) => one.phase === phase)

describe('one sick node', () => {
  test('Enforce: taint, drain, commit, replace, proof', async (t) => {
    const { world, half, node } = await given(t)
    await world.setCondition(node, 'KernelReady', 'False')
    const done = await world.until('the repair succeeds', 120, [half], inPhase(world, 'Succeeded'))
    assert.deepEqual(
      done.phases.map((one) => one.phase),
      ['Pending', 'Preparing', 'Draining', 'Committing', 'Acting', 'Observing', 'Dwelling', 'Succeeded'],
    )
    const names = (await world.nodes()).map((one) => one.metadata.name)
    assert.equal(names.length, 4)
    assert.ok(!names.includes(node))
    assert.ok(names.includes(done.successor?.name))
    assert.match(done.proof ?? '', /ready and free of faults/)
  })

  test('Observe: a record says what would happen, and nothing else is written', async (t) => {
    const { world, half, node } = await given(t, { ...quickPolicy, mode: 'Observe' })
    await world.setCondition(node, 'KernelReady', 'False')
    const before = await world.nodes()
    await world.run(20, half)
    const [record] = await world.repairs()
    assert.equal(record?.phase, 'Pending')
    assert.equal(record?.decision?.outcome, 'would-act')
    const after = await world.nodes()
    assert.deepEqual(
      after.map((one) => one.spec),
      before.map((one) => one.spec),
    )
    const version = record?.resourceVersion
    await world.run(20, half)
    assert.equal((await world.repairs())[0]?.resourceVersion, version, 'no answer changed, so nothing is written')
  })

  test('Approve: waits for a person, and remembers who it was', async (t) => {
    const { world, half, node } = await given(t, { ...quickPolicy, mode: 'Approve' })
    await world.setCondition(node, 'KernelReady', 'False')
    await world.run(15, half)
    const [record] = await world.repairs()
    assert.equal(record?.decision?.decidedBy, 'approval')
    await world.annotate(nodeRepairs, record?.name ?? '', { 'nodemend.dev/approved': 'kim' })
    const done = await world.until('the repair succeeds', 120, [half], inPhase(world, 'Succeeded'))
    assert.equal(done.approvedBy, 'kim')
  })

  test('recovers during the drain: cancelled, taint removed', async (t) => {
    const { world, half, node } = await given(t)
    await world.setCondition(node, 'KernelReady', 'False')
    await world.until('the drain begins', 30, [half], inPhase(world, 'Draining'))
    const tainted = (await world.nodes()).find((one) => one.metadata.name === node)
    assert.ok(tainted?.spec?.taints?.some((taint) => taint.key === 'nodemend.dev/repairing'))
    await world.setCondition(node, 'KernelReady', 'True')
    await world.until('the repair is cancelled', 10, [half], inPhase(world, 'Cancelled'))
    const freed = (await world.nodes()).find((one) => one.metadata.name === node)
    assert.deepEqual(freed?.spec?.taints ?? [], [])
  })

  test('a veto stops it before it starts', async (t) => {
    const { world, half, node } = await given(t)
    await world.annotate(nodes, node, { 'nodemend.dev/veto': 'true' })
    await world.setCondition(node, 'KernelReady', 'False')
    await world.run(15, half)
    assert.equal((await world.repairs())[0]?.decision?.decidedBy, 'veto')
    await world.annotate(nodes, node, { 'nodemend.dev/veto': null })
    await world.until('the repair succeeds', 120, [half], inPhase(world, 'Succeeded'))
  })
})
