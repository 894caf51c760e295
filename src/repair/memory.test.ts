/** Kind 1: what failed, was cancelled or never came counts for the next decision, of the lineage and of the pool. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nodeRepairs, nodes } from '../kube/api.ts'
import { deleteObject, patchObject } from '../kube/objects.ts'
import type { Attempt } from '../model/repair.ts'
import { type Context, givenPod, phaseOf } from './testing/given-cluster.ts'
import { type Half, quickPolicy, startTestCluster, type TestCluster } from './testing/test-cluster.ts'

const wide = {
  ...quickPolicy,
  budgets: [{ nodes: '100%' }],
  breaker: { share: '100%', rate: '100%' },
  restraint: { dwell: '8s' },
}
const hour = 3_600

async function given(t: Context, size: number, replaceMs: number, spec: object = wide) {
  const cluster = await startTestCluster({ groups: [{ name: 'pool', size, replaceMs }] })
  t.after(() => cluster.stop())
  await cluster.policy('kernel', spec)
  const names = (await cluster.nodes()).map((one) => one.metadata.name ?? '')
  const half = await cluster.half('a')
  return { cluster, half, names }
}

const namesOf = async (cluster: TestCluster) => (await cluster.nodes()).map((one) => one.metadata.name ?? '')

/** What the gate of that name says about the open record of `node`. */
async function gateOf(cluster: TestCluster, node: string, gate: string) {
  const open = (await cluster.repairs()).find((one) => one.nodeName === node && one.phase === 'Pending')
  return open?.decision?.gates.find((one) => one.gate === gate)
}

/** The kernel of every node that takes another one's place fails again, `after` its repair is in that phase. */
async function sickSuccessors(cluster: TestCluster, half: Half, seconds: number, phase: Attempt['phase']) {
  for (let passed = 0; passed < seconds; passed += 5) {
    const present = new Set(await namesOf(cluster))
    for (const one of await cluster.repairs()) {
      const name = one.phase === 'Pending' ? one.nodeName : one.phase === phase ? one.successor?.name : undefined
      if (name !== undefined && present.has(name)) await cluster.setCondition(name, 'KernelReady', 'False')
    }
    await cluster.run(5, half)
  }
}

const took = (repairs: readonly Attempt[]) =>
  repairs.filter((one) => one.phases.some(({ phase }) => phase === 'Acting'))

describe('kind 1: a lineage', () => {
  test('kind 1: each new node reports the same fault after its repair was proven: three machines, then a person', async (t) => {
    const { cluster, half, names } = await given(t, 4, 2_000)
    await cluster.setCondition(names[0] ?? '', 'KernelReady', 'False')
    await sickSuccessors(cluster, half, 1.5 * hour, 'Succeeded')
    const repairs = await cluster.repairs()
    assert.equal(took(repairs).length, 3)
    const waiting = repairs.find((one) => one.phase === 'Pending')
    assert.match((await gateOf(cluster, waiting?.nodeName ?? '', 'attempts'))?.why ?? '', /^needs a human: 3 attempts/)
  })

  test('kind 1: the record of a lineage that ended is forgiven by a person: the next machine is taken', async (t) => {
    const { cluster, half, names } = await given(t, 4, 2_000)
    await cluster.setCondition(names[0] ?? '', 'KernelReady', 'False')
    await sickSuccessors(cluster, half, hour, 'Dwelling')
    assert.equal(took(await cluster.repairs()).length, 3)
    for (const { name } of took(await cluster.repairs())) {
      await cluster.annotate(nodeRepairs, name, { 'nodemend.dev/forgiven': 'kim' })
    }
    await sickSuccessors(cluster, half, 120, 'Dwelling')
    assert.equal(took(await cluster.repairs()).length, 4)
  })
})

describe('kind 1: a drain that is cancelled', () => {
  async function draining(t: Context) {
    const found = await given(t, 4, 2_000)
    const node = found.names[0] ?? ''
    await givenPod(found.cluster, node, 'slow', { annotations: { 'nodemend.dev/do-not-disrupt': 'true' } })
    return { ...found, node }
  }
  const drains = (repairs: readonly Attempt[]) => repairs.filter((one) => one.taintedAt !== undefined).length

  test('kind 1: a condition turns healthy during each drain: the pause doubles, a few drains in three hours', async (t) => {
    const { cluster, half, node } = await draining(t)
    for (let passed = 0; passed < 3 * hour; passed += 10) {
      const inDrain = (await cluster.repairs()).some((one) => one.phase === 'Draining' || one.phase === 'Blocked')
      await cluster.setCondition(node, 'KernelReady', inDrain ? 'True' : 'False')
      await cluster.run(10, half)
    }
    assert.equal(drains(await cluster.repairs()), 5, 'after 0, 10, 30, 70 and 150 minutes')
    assert.match(
      (await gateOf(cluster, node, 'attempts'))?.why ?? '',
      /^attempt 5 was cancelled in its drain at .*; next try/,
    )
  })

  test('kind 1: somebody strips our taint in each drain: the pause doubles', async (t) => {
    const { cluster, half, node } = await draining(t)
    for (let passed = 0; passed < hour; passed += 10) {
      await patchObject(cluster.api, nodes, { name: node }, { spec: { taints: [] } }, { type: 'merge' })
      await cluster.setCondition(node, 'KernelReady', 'False')
      await cluster.run(10, half)
    }
    assert.equal(drains(await cluster.repairs()), 3, 'after 0, 10 and 30 minutes')
  })

  test('kind 1: another leader knows of the cancelled drain, too', async (t) => {
    const { cluster, half, node } = await draining(t)
    await cluster.setCondition(node, 'KernelReady', 'False')
    await cluster.until('it drains', 30, [half], phaseOf(cluster, node, 'Draining'))
    await cluster.setCondition(node, 'KernelReady', 'True')
    await cluster.until('it is cancelled', 30, [half], phaseOf(cluster, node, 'Cancelled'))
    await half.kill()
    const next = await cluster.half('b')
    await cluster.setCondition(node, 'KernelReady', 'False')
    await cluster.run(60, next)
    assert.equal(drains(await cluster.repairs()), 1)
    assert.equal((await gateOf(cluster, node, 'attempts'))?.answer, 'wait')
  })

  test('kind 1: the record of the cancelled drain is deleted by a person: the next drain begins at once', async (t) => {
    const { cluster, half, node } = await draining(t)
    await cluster.setCondition(node, 'KernelReady', 'False')
    await cluster.until('it drains', 30, [half], phaseOf(cluster, node, 'Draining'))
    await cluster.setCondition(node, 'KernelReady', 'True')
    const { name } = await cluster.until('it is cancelled', 30, [half], phaseOf(cluster, node, 'Cancelled'))
    await cluster.run(2, half)
    await deleteObject(cluster.api, nodeRepairs, { name }, {})
    await cluster.setCondition(node, 'KernelReady', 'False')
    await cluster.until('it drains again', 30, [half], phaseOf(cluster, node, 'Draining'))
  })
})

describe('kind 1: a cloud without machines', () => {
  const never = 365 * 86_400_000

  async function short(t: Context, replaceMs = never) {
    const found = await given(t, 10, replaceMs)
    const [first = '', second = '', third = '', fourth = ''] = found.names
    await found.cluster.setCondition(first, 'KernelReady', 'False')
    await found.cluster.until('no machine has come', 30 * 60, [found.half], phaseOf(found.cluster, first, 'Failed'))
    return { ...found, first, second, third, fourth }
  }

  test('kind 1: pool of 10, four nodes fall sick one after another: nine stay, and the record says what is waited for', async (t) => {
    const { cluster, half, first, second, third, fourth } = await short(t)
    for (const node of [second, third, fourth]) {
      await cluster.setCondition(node, 'KernelReady', 'False')
      for (let minutes = 0; minutes < 30; minutes++) {
        for (const sick of [second, third, fourth].slice(0, [second, third, fourth].indexOf(node) + 1)) {
          await cluster.setCondition(sick, 'KernelReady', 'False')
        }
        await cluster.run(60, half)
      }
    }
    assert.equal((await cluster.nodes()).length, 9)
    const gate = await gateOf(cluster, fourth, 'pool')
    assert.match(gate?.why ?? '', new RegExp(`^waits for a machine: since .* has no replacement for ${first}$`))
    assert.match(gate?.change ?? '', /a new node joins nodemend\.dev\/node-group=pool/)
  })

  test('kind 1: the machine comes late after all: the next sick node is repaired', async (t) => {
    const { cluster, half, second } = await short(t, 25 * 60_000)
    await cluster.run(5 * 60, half)
    assert.equal((await cluster.nodes()).length, 10)
    await cluster.setCondition(second, 'KernelReady', 'False')
    await cluster.until('the repair goes on', 60, [half], phaseOf(cluster, second, 'Observing'))
  })

  test('kind 1: a person says that no machine is expected: the next sick node is repaired', async (t) => {
    const { cluster, half, first, second } = await short(t)
    await cluster.setCondition(second, 'KernelReady', 'False')
    await cluster.run(30, half)
    assert.equal((await gateOf(cluster, second, 'pool'))?.answer, 'wait')
    const failed = (await cluster.repairs()).find((one) => one.nodeName === first)
    await cluster.annotate(nodeRepairs, failed?.name ?? '', { 'nodemend.dev/forgiven': 'kim' })
    await cluster.until('the repair goes on', 60, [half], phaseOf(cluster, second, 'Observing'))
  })

  test('kind 1: a machine that is overdue already holds the pool while its repair still waits for it', async (t) => {
    const { cluster, half, names } = await given(t, 10, never)
    const [first = '', second = ''] = names
    await cluster.setCondition(first, 'KernelReady', 'False')
    await cluster.run(10 * 60, half)
    await cluster.setCondition(second, 'KernelReady', 'False')
    await cluster.run(60, half)
    assert.equal((await cluster.nodes()).length, 9)
    assert.equal((await gateOf(cluster, second, 'pool'))?.answer, 'wait')
  })

  test('kind 1: another pool whose cloud has machines is repaired meanwhile', async (t) => {
    const groups = [
      { name: 'poor', size: 10, replaceMs: never },
      { name: 'rich', size: 4, replaceMs: 2_000 },
    ]
    const cluster = await startTestCluster({ groups })
    t.after(() => cluster.stop())
    await cluster.policy('kernel', wide)
    const half = await cluster.half('a')
    const names = await namesOf(cluster)
    const poor = names.find((one) => one.startsWith('poor')) ?? ''
    const rich = names.find((one) => one.startsWith('rich')) ?? ''
    await cluster.setCondition(poor, 'KernelReady', 'False')
    await cluster.until('no machine has come', 30 * 60, [half], phaseOf(cluster, poor, 'Failed'))
    await cluster.setCondition(rich, 'KernelReady', 'False')
    await cluster.until('it is repaired', 60, [half], phaseOf(cluster, rich, 'Succeeded'))
  })
})

test('kind 1: three replacements in a row did not help, each of another lineage: the pool waits for a person', async (t) => {
  const { cluster, half, names } = await given(t, 12, 2_000)
  for (const node of names.slice(0, 4)) {
    await cluster.setCondition(node, 'KernelReady', 'False')
    await cluster.run(8, half)
    for (let passed = 0; passed < 20; passed++) {
      for (const one of await cluster.repairs()) {
        if (one.phase === 'Dwelling' && one.successor)
          await cluster.setCondition(one.successor.name, 'KernelReady', 'False')
      }
      await cluster.run(1, half)
    }
  }
  assert.equal(took(await cluster.repairs()).length, 3)
  assert.match(
    (await gateOf(cluster, names[3] ?? '', 'pool'))?.why ?? '',
    /^needs a human: the last 3 replacements of /,
  )
})
