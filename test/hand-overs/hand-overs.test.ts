/**
 * The table, one test per cell, through a whole small cluster: a node that is sick while somebody else is before, at or after their
 * work on it. No action is doubled, no node is forgotten, each hold is explained, and the record names the owner.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nodes } from '../../src/kube/api.ts'
import { patchObject } from '../../src/kube/objects.ts'
import { isOwnLifecycle } from '../../src/model/node-lifecycle.ts'
import type { Attempt } from '../../src/model/repair.ts'
import { repairTaintKey } from '../../src/repair/act/taint.ts'
import { type Context, givenBudget, givenCluster, givenPod, phaseOf } from '../../src/repair/testing/given-cluster.ts'
import { whyOf } from '../../src/repair/testing/given-workload.ts'
import { quickPolicy, type TestCluster } from '../../src/repair/testing/test-cluster.ts'
import { type Cell, handOvers, moments, type Sign } from './rows.ts'

const longDrain = { ...quickPolicy, drain: { timeout: '1h', blockedAfter: '30m' } }

async function nodeNamed(cluster: TestCluster, name: string) {
  return (await cluster.nodes()).find((one) => one.metadata.name === name)
}

/** Writes what the other one leaves on the node, or takes it off. */
async function sign(cluster: TestCluster, name: string, { on, key, value = '', age = 0 }: Sign, there: boolean) {
  const setAt = cluster.clock.now() - age * 60_000
  const text = value.replace('{time}', `${Math.floor(setAt / 1000)}`)
  if (on === 'condition') return cluster.setCondition(name, key, there ? text : 'False', 'AdminRequested')
  if (on !== 'taint') {
    const pair = { [key]: there ? text : null }
    const metadata = on === 'label' ? { labels: pair } : { annotations: pair }
    return patchObject(cluster.api, nodes, { name }, { metadata }, { type: 'merge' })
  }
  const others = (await nodeNamed(cluster, name))?.spec?.taints?.filter((one) => one.key !== key) ?? []
  const own = { key, value: text, effect: 'NoSchedule', timeAdded: new Date(setAt).toISOString().replace('.000', '') }
  const taints = there ? [...others, own] : others
  // The node life cycle controller keeps this taint as long as the node is cordoned.
  const spec = key === 'node.kubernetes.io/unschedulable' ? { unschedulable: there, taints } : { taints }
  return patchObject(cluster.api, nodes, { name }, { spec }, { type: 'merge' })
}

async function signAll(cluster: TestCluster, name: string, { signs }: Cell, there: boolean): Promise<void> {
  for (const one of signs) await sign(cluster, name, one, there)
}

/** Nothing of ours is on the node. */
async function assertUntouched(cluster: TestCluster, name: string, uid: string | undefined): Promise<void> {
  const node = await nodeNamed(cluster, name)
  assert.equal(node?.metadata.uid, uid, 'the node is the same')
  assert.ok(!node?.spec?.taints?.some(({ key }) => key === repairTaintKey), 'no taint of ours')
  const conditions = node?.status?.conditions ?? []
  assert.ok(!conditions.some(isOwnLifecycle), 'no life-cycle condition of ours')
}

/** What the record says of the owner. */
function saidIn(record: Attempt | undefined, { gate = 'foreign-owner' }: Cell) {
  return record?.decision?.gates.find((one) => one.gate === gate)
}

async function holds(t: Context, cell: Cell): Promise<void> {
  const { cluster, first } = await givenCluster(t)
  await signAll(cluster, first, cell, true)
  const half = await cluster.half('a')
  const uid = (await nodeNamed(cluster, first))?.metadata.uid
  await cluster.setCondition(first, 'KernelReady', 'False')
  await cluster.run(20, half)
  const [record, ...more] = await cluster.repairs()
  assert.deepEqual([record?.phase, more.length], ['Pending', 0])
  assert.equal(record?.decision?.decidedBy, cell.gate ?? 'foreign-owner')
  const said = saidIn(record, cell)
  assert.ok(said?.why.includes(cell.says), said?.why)
  assert.ok(said?.change, 'it says what ends the hold')
  await assertUntouched(cluster, first, uid)
  await signAll(cluster, first, cell, false)
  await cluster.until('it is not forgotten', 90, [half], phaseOf(cluster, first, 'Succeeded'))
}

async function repairs(t: Context, cell: Cell): Promise<void> {
  const { cluster, first } = await givenCluster(t)
  await signAll(cluster, first, cell, true)
  const half = await cluster.half('a')
  await cluster.setCondition(first, 'KernelReady', 'False')
  const done = await cluster.until('it is repaired', 90, [half], phaseOf(cluster, first, 'Succeeded'))
  const said = saidIn(done, cell)
  assert.equal(said?.answer, 'allow')
  assert.ok(said.why.includes(cell.says), said.why)
  assert.equal((await cluster.repairs()).length, 1, 'once')
}

/** The other one begins while our drain is under way: theirs goes on, ours is put back. Only a hard sign does that. */
async function yields(t: Context, cell: Cell): Promise<void> {
  const { cluster, first } = await givenCluster(t, longDrain)
  await givenPod(cluster, first, 'web', { labels: { app: 'web' } })
  await givenBudget(cluster, 'web', { app: 'web' })
  await cluster.run(3)
  const half = await cluster.half('a')
  const uid = (await nodeNamed(cluster, first))?.metadata.uid
  await cluster.setCondition(first, 'KernelReady', 'False')
  await cluster.until('it drains', 30, [half], phaseOf(cluster, first, 'Draining'))
  await signAll(cluster, first, cell, true)
  const ended = await cluster.until('it gives way', 30, [half], phaseOf(cluster, first, 'Cancelled'))
  assert.ok(whyOf(ended).includes(cell.says), whyOf(ended))
  await cluster.run(3, half)
  await assertUntouched(cluster, first, uid)
}

for (const row of handOvers) {
  describe(row.who, () => {
    for (const moment of moments) {
      const cell = row[moment]
      test(`${moment}: ${cell.ours === 'holds' ? 'held' : 'repaired'}; ${cell.says}`, async (t) => {
        if (cell.ours === 'repairs') return repairs(t, cell)
        await holds(t, cell)
        if (moment === 'during') await yields(t, cell)
      })
    }
  })
}

test('twelve others at three moments', () => {
  assert.equal(handOvers.length * moments.length, 36)
})
