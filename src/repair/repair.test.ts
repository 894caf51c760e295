import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nodeRepairs, nodes } from '../kube/api.ts'
import { quickPolicy, startTestCluster, type TestCluster } from './testing/test-cluster.ts'

/** A test cluster with a policy and one leading half, and the name of a node to make sick. */
async function given(t: { after(run: () => Promise<void>): void }, spec: object = quickPolicy) {
  const cluster = await startTestCluster()
  t.after(() => cluster.stop())
  await cluster.policy('kernel', spec)
  const half = await cluster.half('a')
  await cluster.run(2, half)
  const node = (await cluster.nodes())[0]?.metadata.name ?? ''
  assert.notEqual(node, '')
  return { cluster, half, node }
}

const inPhase = (cluster: TestCluster, phase: string) => async () =>
  (await cluster.repairs()).find((one) => one.phase === phase)

describe('one sick node', () => {
  test('Enforce: taint, drain, commit, replace, proof', async (t) => {
    const { cluster, half, node } = await given(t)
    await cluster.setCondition(node, 'KernelReady', 'False')
    const done = await cluster.until('the repair succeeds', 120, [half], inPhase(cluster, 'Succeeded'))
    assert.deepEqual(
      done.phases.map((one) => one.phase),
      ['Pending', 'Preparing', 'Draining', 'Committing', 'Acting', 'Observing', 'Dwelling', 'Succeeded'],
    )
    const names = (await cluster.nodes()).map((one) => one.metadata.name)
    assert.equal(names.length, 4)
    assert.ok(!names.includes(node))
    assert.ok(names.includes(done.successor?.name))
    assert.match(done.proof ?? '', /ready and free of faults/)
  })

  test('Observe: a record says what would happen, and nothing else is written', async (t) => {
    const { cluster, half, node } = await given(t, { ...quickPolicy, mode: 'Observe' })
    await cluster.setCondition(node, 'KernelReady', 'False')
    const before = await cluster.nodes()
    await cluster.run(20, half)
    const [record] = await cluster.repairs()
    assert.equal(record?.phase, 'Pending')
    assert.equal(record?.decision?.outcome, 'would-act')
    const after = await cluster.nodes()
    assert.deepEqual(
      after.map((one) => one.spec),
      before.map((one) => one.spec),
    )
    const version = record?.resourceVersion
    await cluster.run(20, half)
    assert.equal((await cluster.repairs())[0]?.resourceVersion, version, 'no answer changed, so nothing is written')
  })

  test('Approve: waits for a person, and remembers who it was', async (t) => {
    const { cluster, half, node } = await given(t, { ...quickPolicy, mode: 'Approve' })
    await cluster.setCondition(node, 'KernelReady', 'False')
    await cluster.run(15, half)
    const [record] = await cluster.repairs()
    assert.equal(record?.decision?.decidedBy, 'approval')
    await cluster.annotate(nodeRepairs, record?.name ?? '', { 'nodemend.dev/approved': 'kim' })
    const done = await cluster.until('the repair succeeds', 120, [half], inPhase(cluster, 'Succeeded'))
    assert.equal(done.approvedBy, 'kim')
  })

  test('recovers during the drain: cancelled, taint removed', async (t) => {
    const { cluster, half, node } = await given(t)
    await cluster.setCondition(node, 'KernelReady', 'False')
    await cluster.until('the drain begins', 30, [half], inPhase(cluster, 'Draining'))
    const tainted = (await cluster.nodes()).find((one) => one.metadata.name === node)
    assert.ok(tainted?.spec?.taints?.some((taint) => taint.key === 'nodemend.dev/repairing'))
    await cluster.setCondition(node, 'KernelReady', 'True')
    await cluster.until('the repair is cancelled', 10, [half], inPhase(cluster, 'Cancelled'))
    const freed = (await cluster.nodes()).find((one) => one.metadata.name === node)
    assert.deepEqual(freed?.spec?.taints ?? [], [])
  })

  test('a veto stops it before it starts', async (t) => {
    const { cluster, half, node } = await given(t)
    await cluster.annotate(nodes, node, { 'nodemend.dev/veto': 'true' })
    await cluster.setCondition(node, 'KernelReady', 'False')
    await cluster.run(15, half)
    assert.equal((await cluster.repairs())[0]?.decision?.decidedBy, 'veto')
    await cluster.annotate(nodes, node, { 'nodemend.dev/veto': null })
    await cluster.until('the repair succeeds', 120, [half], inPhase(cluster, 'Succeeded'))
  })
})
