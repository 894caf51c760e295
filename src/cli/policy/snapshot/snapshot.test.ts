/** `nodemend policy snapshot`: what it writes runs in `policy test` as it stands. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkGolden } from '../../../../test/golden.ts'
import { podDisruptionBudgets } from '../../../kube/api.ts'
import { createObject } from '../../../kube/objects.ts'
import { givenOwned } from '../../../repair/testing/given-workload.ts'
import { quickPolicy } from '../../../repair/testing/test-cluster.ts'
import { play } from '../../../simulate/play/play.ts'
import { readScenarios } from '../../../simulate/scenario/read.ts'
import { givenTerminal } from '../../testing/terminal.ts'

type Context = Parameters<typeof givenTerminal>[0]

/** A sick node, a workload that has more pods on one node than on another, its budget, and a policy with a window. */
async function given(t: Context) {
  const policy = { ...quickPolicy, windows: [{ schedule: '0 * * * *', duration: '1h', timeZone: 'Asia/Seoul' }] }
  const site = await givenTerminal(t, policy)
  const { cluster } = site
  const [first = '', second = ''] = (await cluster.nodes()).map((one) => one.metadata.name ?? '')
  for (const [node, name] of [
    [first, 'shop-a'],
    [first, 'shop-b'],
    [second, 'shop-c'],
  ] as const) {
    await givenOwned(cluster, node, name, {}, { labels: { app: 'shop', team: 'web' } })
  }
  await createObject(cluster.api, podDisruptionBudgets, {
    metadata: { name: 'shop', namespace: 'default' },
    spec: { selector: { matchLabels: { app: 'shop' } }, maxUnavailable: 1 },
  } as never)
  await cluster.run(2)
  await cluster.setCondition(second, 'KernelReady', 'False', 'SoftLockup')
  const snapshot = async (...more: readonly string[]): Promise<string> => {
    const { text, message } = await site.terminal.run('policy', 'snapshot', ...more)
    assert.equal(message, '')
    return text
  }
  return { ...site, snapshot }
}

/** Plays the text as `policy test` does. */
async function played(text: string) {
  const { scenarios, problems } = readScenarios([{ file: 'snapshot.yaml', text }])
  assert.deepEqual(problems, [])
  const [one] = scenarios
  assert.ok(one && scenarios.length === 1)
  return play(one.scenario)
}

test('it runs as it stands, and the sick node is repaired in it', async (t) => {
  const { snapshot } = await given(t)
  const text = await snapshot()
  checkGolden('ask/policy-snapshot.yaml', text)
  assert.deepEqual((await played(text)).failures, [])
  const expecting = `${text}expect:\n  - {at: 1h, nodes: pool-2, exists: false}\n  - {at: 1h, count: {succeeded: 1, nodes: 4}}\n`
  assert.deepEqual((await played(expecting)).failures, [])
})

test('with pseudonyms no name of the cluster is left, and it runs', async (t) => {
  const { snapshot } = await given(t)
  const text = await snapshot('--pseudonyms')
  for (const name of ['shop', 'kernel:', 'default', 'team', 'web'])
    assert.ok(!text.includes(name), `${name} in\n${text}`)
  assert.deepEqual((await played(text)).failures, [])
})
