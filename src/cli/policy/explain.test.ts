/** `nodemend policy explain`, as a person types it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkGolden } from '../../../test/golden.ts'
import { quickPolicy } from '../../repair/testing/test-cluster.ts'
import { givenTerminal } from '../testing/terminal.ts'

const policy = {
  ...quickPolicy,
  budgets: [
    { nodes: '50%' },
    { nodes: '1', scope: 'Zone' },
    { nodes: '0', schedule: '0 9 * * mon-fri', duration: '9h', timeZone: 'Asia/Seoul' },
  ],
  windows: [{ schedule: '0 22 * * *', duration: '6h', timeZone: 'Europe/Berlin' }],
}

test('a policy in plain words: nodes, reasons, ladder, limits with their numbers, and the next changes', async (t) => {
  const { cluster, half, node, terminal } = await givenTerminal(t, policy)
  await cluster.setCondition(node, 'KernelReady', 'False', 'SoftLockup')
  await cluster.run(10, half)
  const said = await terminal.run('policy', 'explain', '--providers', 'embedded')
  assert.equal(said.message, '')
  checkGolden('ask/policy-explain.txt', said.text.replaceAll(node, 'node-00001'))
  const [data] = JSON.parse((await terminal.run('policy', 'explain', 'kernel', '-o', 'json')).text)
  assert.deepEqual([data.policy, data.nodes, data.sick.length], ['kernel', { selected: 4, all: 4 }, 1])
  assert.deepEqual(
    data.schedules.map((one: { field: string }) => one.field),
    ['spec.windows[0]', 'spec.budgets[2]'],
  )
})

test('a policy that is not there is named, with the nearest one', async (t) => {
  const { terminal } = await givenTerminal(t, policy)
  const { message } = await terminal.run('policy', 'explain', 'kernl')
  assert.match(message, /^no policy has the name kernl; is kernel meant\?/)
})
