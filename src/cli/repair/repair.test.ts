/** `nodemend repair approve|cancel|retry|veto`, as a person types them. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nodes } from '../../kube/api.ts'
import { getObject } from '../../kube/objects.ts'
import { givenBudget, givenPod, phaseOf } from '../../repair/testing/given-cluster.ts'
import { quickPolicy } from '../../repair/testing/test-cluster.ts'
import { givenTerminal } from '../testing/terminal.ts'

type Context = Parameters<typeof givenTerminal>[0]

/** A sick node, with a pod that a budget keeps on it. */
async function given(t: Context, spec: object = {}) {
  const drain = { timeout: '1h', blockedAfter: '30m' }
  const site = await givenTerminal(t, { ...quickPolicy, drain, ...spec })
  const { cluster, node, half } = site
  await givenPod(cluster, node, 'web', { labels: { app: 'web' } })
  await givenBudget(cluster, 'web', { app: 'web' })
  await cluster.run(3, half)
  await cluster.setCondition(node, 'KernelReady', 'False', 'SoftLockup')
  return site
}

/** One line, however it was folded. */
const folded = (text: string): string => text.replace(/\s+/g, ' ').trim()

describe('approve', () => {
  test('lets the repair begin, says what was approved, and what else stands in the way', async (t) => {
    const { cluster, half, node, terminal } = await given(t, { mode: 'Approve' })
    await cluster.run(10, half)
    const said = await terminal.run('repair', 'approve', node)
    assert.equal(said.message, '')
    assert.equal(folded(said.text), `Approved: Replace for KernelReady=False (SoftLockup), policy kernel on ${node}.`)
    await cluster.until('it drains', 30, [half], phaseOf(cluster, node, 'Draining'))
    assert.equal((await cluster.repairs())[0]?.approvedBy, 'admin')
  })

  test('--end takes it back before the controller has seen it; a second approval says who gave the first', async (t) => {
    const { cluster, half, node, terminal } = await given(t, { mode: 'Approve' })
    await cluster.run(10, half)
    await terminal.run('repair', 'approve', node, '--by', 'lee')
    assert.match((await terminal.run('repair', 'approve', node)).message, /is approved by lee already/)
    assert.match(folded((await terminal.run('repair', 'approve', node, '--end')).text), /by lee is taken back/)
    await cluster.run(10, half)
    assert.equal((await cluster.repairs())[0]?.phase, 'Pending')
  })

  test('where nothing asks for it, it is an error that says why, and nothing is written', async (t) => {
    const { cluster, half, node, terminal } = await given(t, { mode: 'Observe' })
    await cluster.run(10, half)
    assert.match((await terminal.run('repair', 'approve', node)).message, /policy kernel is in mode Observe/)
    assert.equal((await cluster.repairs())[0]?.approvedBy, undefined)
    assert.match((await terminal.run('repair', 'approve', 'nowhere')).message, /no node of the name nowhere/)
  })
})

describe('cancel', () => {
  test('ends a drain and puts everything back', async (t) => {
    const { cluster, half, node, terminal } = await given(t)
    const [{ name } = { name: '' }] = [await cluster.until('it drains', 30, [half], phaseOf(cluster, node, 'Draining'))]
    const said = await terminal.run('repair', 'cancel', node)
    assert.match(folded(said.text), new RegExp(`^${name} is cancelled: our taint comes off ${node}`))
    await cluster.run(2, half)
    const found = (await cluster.nodes()).find((one) => one.metadata.name === node)
    assert.deepEqual(found?.spec?.taints ?? [], [])
  })

  test('what only waits, and what has begun with the provider, is not cancelled', async (t) => {
    const { cluster, half, node, terminal } = await givenTerminal(t, { ...quickPolicy, restraint: { dwell: '10m' } })
    await cluster.setCondition(node, 'KernelReady', 'False')
    await cluster.run(1, half)
    assert.match((await terminal.run('repair', 'cancel', node)).message, /only waits; .*nodemend repair veto/)
    await cluster.until('it is taken', 60, [half], phaseOf(cluster, node, 'Dwelling'))
    assert.match((await terminal.run('repair', 'cancel', node)).message, /is Dwelling: its provider may have begun/)
    assert.equal((await cluster.repairs())[0]?.deletedAt, undefined)
  })
})

describe('retry', () => {
  test('forgives what failed, and the next attempt begins without the pause', async (t) => {
    const { cluster, half, node, terminal } = await given(t, { drain: { timeout: '60s', blockedAfter: '20s' } })
    const failed = await cluster.until('it fails', 120, [half], phaseOf(cluster, node, 'Failed'))
    await cluster.run(30, half)
    assert.equal((await cluster.repairs()).filter((one) => one.phase === 'Draining').length, 0, 'the pause holds')
    const said = await terminal.run('repair', 'retry', node, '--by', 'kim')
    assert.match(folded(said.text), new RegExp(`^Forgiven: ${failed.name}\\. The next attempt on ${node} begins`))
    await cluster.until('it is tried again', 30, [half], phaseOf(cluster, node, 'Draining'))
    assert.match((await terminal.run('repair', 'retry', node)).message, /nothing was tried on \S+ that counts/)
  })
})

describe('veto', () => {
  const vetoOn = async ({ api }: Awaited<ReturnType<typeof given>>['cluster'], name: string) =>
    (await getObject(api, nodes, { name })).metadata.annotations?.['nodemend.dev/veto']

  test('puts a drain back and names who forbids it; --end lets it begin again', async (t) => {
    const { cluster, half, node, terminal } = await given(t)
    await cluster.until('it drains', 30, [half], phaseOf(cluster, node, 'Draining'))
    const said = await terminal.run('repair', 'veto', node, '--why', 'RMA 4711')
    assert.match(folded(said.text), new RegExp(`^Nothing of ours touches ${node} until it is taken back`))
    assert.equal(await vetoOn(cluster, node), 'admin: RMA 4711')
    await cluster.until('it is put back', 30, [half], phaseOf(cluster, node, 'Cancelled'))
    assert.match(folded((await terminal.run('repair', 'veto', node, '--end')).text), /is taken back/)
    await cluster.until('it begins again', 60, [half], phaseOf(cluster, node, 'Draining'))
  })

  test('--for ends by itself; a wrong time and a --why beside it are errors, and nothing is written', async (t) => {
    const { cluster, half, node, terminal } = await given(t)
    for (const wrong of [['--for', '5x'], ['--for', '31d'], ['--for', '1h', '--why', 'x'], ['--end']]) {
      assert.notEqual((await terminal.run('repair', 'veto', node, ...wrong)).message, '')
    }
    assert.equal(await vetoOn(cluster, node), undefined)
    await terminal.run('repair', 'veto', node, '--for', '1m')
    await cluster.run(30, half)
    assert.equal((await cluster.repairs())[0]?.phase, 'Pending')
    await cluster.until('it begins', 60, [half], phaseOf(cluster, node, 'Draining'))
  })
})
