/** `nodemend why NODE --at TIME`, as a person types it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkGolden } from '../../../test/golden.ts'
import { events } from '../../kube/api.ts'
import { createObject } from '../../kube/objects.ts'
import { quickPolicy } from '../../repair/testing/test-cluster.ts'
import { givenTerminal } from '../testing/terminal.ts'
import { momentOf } from './why-at.ts'

type Context = Parameters<typeof givenTerminal>[0]

async function given(t: Context) {
  const site = await givenTerminal(t, { ...quickPolicy, windows: [{ schedule: '0 3 * * *', duration: '1h' }] })
  const { cluster, half, node } = site
  await cluster.setCondition(node, 'KernelReady', 'False', 'SoftLockup')
  await cluster.run(20, half)
  const stamp = `${new Date(cluster.clock.now()).toISOString().slice(0, 19)}Z`
  await createObject(cluster.api, events, {
    metadata: { name: 'told', namespace: 'default' },
    involvedObject: { kind: 'Node', name: node },
    reason: 'SoftLockup',
    message: 'CPU 1 stuck for 26s in kworker',
    type: 'Warning',
    firstTimestamp: stamp,
    lastTimestamp: stamp,
  } as never)
  await cluster.run(60, half)
  return {
    ...site,
    why: (at: string, ...more: readonly string[]) => site.terminal.run('why', node, '--at', at, ...more),
  }
}

test('the phase, the decision and the Events of then, and what is not kept', async (t) => {
  const { node, why } = await given(t)
  const said = await why('10s')
  assert.equal(said.message, '')
  checkGolden('ask/why-at.txt', said.text.replaceAll(node, 'node-00001'))
  const data = JSON.parse((await why('10s', '-o', 'json')).text)
  assert.deepEqual([data.repair.phase, data.decision.outcome, data.decision.gate], ['Pending', 'wait', 'window'])
  assert.equal(data.events.length, 1)
})

test('before the first record nothing is made up', async (t) => {
  const { why } = await given(t)
  const { text } = await why('2025-12-31T23:00:00Z')
  assert.match(text, /no repair of it that is on\s+record was open/)
  assert.match(text, /^Not kept: a repair that was open then: the oldest record of the node is/m)
})

test('a moment to come, and no moment, are errors with a remedy', async (t) => {
  const { why } = await given(t)
  for (const at of ['2030-01-01T00:00:00Z', 'yesterday', '']) {
    assert.match((await why(at)).message, /^--at is .*: write a moment that has passed, such as 2026-/)
  }
})

test('moments are RFC 3339, or how long ago', () => {
  const now = Date.parse('2026-03-01T12:00:00Z')
  assert.equal(momentOf('90m', now), now - 90 * 60_000)
  assert.equal(momentOf('2026-03-01T13:00:00+02:00', now), now - 3_600_000)
  assert.equal(momentOf('12', now), undefined)
})
