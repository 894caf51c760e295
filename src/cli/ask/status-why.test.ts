/** `status` and `why` through the front door: against a modelled cluster over HTTP, with a kubeconfig. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, test } from 'node:test'
import { leases, nodes } from '../../kube/api.ts'
import { isKubeError } from '../../kube/errors.ts'
import { patchObject } from '../../kube/objects.ts'
import { givenBudget, givenPod, phaseOf } from '../../repair/testing/given-cluster.ts'
import { mistakenPolicy, quickPolicy } from '../../repair/testing/test-cluster.ts'
import { givenTerminal } from '../testing/terminal.ts'

describe('why', () => {
  test('a healthy node is healthy, and no rule is the reason that nothing is done', async (t) => {
    const { cluster, node, terminal } = await givenTerminal(t, quickPolicy)
    await cluster.setCondition(node, 'KernelReady', 'True', 'KernelIsReady')
    const said = await terminal.run('why', node)
    assert.equal(said.exitCode, 0)
    assert.match(said.text, /is healthy: no rule of a policy in force matches it/)
  })

  test('Observe: what would happen, with every gate', async (t) => {
    const { cluster, half, node, terminal } = await givenTerminal(t, { ...quickPolicy, mode: 'Observe' })
    await cluster.setCondition(node, 'KernelReady', 'False', 'SoftLockup')
    await cluster.run(10, half)
    const said = await terminal.run('why', node)
    assert.equal(said.exitCode, 0)
    assert.match(
      said.text,
      /^Not replaced: policy kernel only observes; in mode Enforce it would be replaced\n {2}now\.\n/,
    )
    assert.match(said.text, /^Changes: {3}set spec\.mode of policy kernel to Approve or Enforce/m)
    assert.match(said.text, /^budget +allow +at most 1 of /m)
    const data = JSON.parse((await terminal.run('why', node, '--output', 'json')).text)
    assert.equal(data.decision.outcome, 'would-act')
    assert.equal(data.decision.rule.reason, 'SoftLockup')
    assert.equal(data.decision.gates.length, 22)
  })

  test('Observe: the second sick node would wait for the first; nothing is said to be in flight', async (t) => {
    const { cluster, half, terminal } = await givenTerminal(t, { ...quickPolicy, mode: 'Observe' })
    const [one = '', two = ''] = (await cluster.nodes()).map((node) => node.metadata.name ?? '')
    for (const name of [one, two]) await cluster.setCondition(name, 'KernelReady', 'False', 'SoftLockup')
    await cluster.run(10, half)
    const texts = [(await terminal.run('why', one)).text, (await terminal.run('why', two)).text]
    const waiting = texts.find((text) => text.includes('Would not be replaced yet')) ?? ''
    assert.match(waiting, /^Would not be replaced yet: \S/)
    assert.doesNotMatch(texts.join(''), /Waits for|\d in flight/)
  })

  test('a blocked drain: the first lines say what it does, which pod and budget it waits for, what would change it', async (t) => {
    const drain = { timeout: '1h', blockedAfter: '5s' }
    const { cluster, half, node, terminal } = await givenTerminal(t, { ...quickPolicy, drain })
    await givenPod(cluster, node, 'web', { labels: { app: 'web' } })
    await givenBudget(cluster, 'web', { app: 'web' })
    await cluster.setCondition(node, 'KernelReady', 'False')
    await cluster.until('it is blocked', 60, [half], phaseOf(cluster, node, 'Blocked'))
    const [repair] = await cluster.repairs()
    const lines = (await terminal.run('why', node)).text.split('\n').map((line) => line.trim())
    const deadline = new Date(repair?.drain?.deadline ?? 0).toISOString()
    assert.deepEqual(lines.slice(0, 6), [
      `Repair ${repair?.name} moves its pods away: 0 evicted, 1 to go, and has`,
      'lent its budget slot to the next node.',
      `${node} is sick; last reported ${lines[2]?.match(/\d+ s/)?.[0]} ago.`,
      'Waits for: default/web: The disruption budget web does not allow evicting pods',
      'currently',
      'Changes:   PodDisruptionBudget default/web allows a disruption',
    ])
    assert.match(
      lines.slice(6, 10).join(' '),
      new RegExp(`^${deadline.slice(11, 16)} UTC \\(in \\d+ min\\): .*everything is put back to stop it: kubectl ann`),
    )
    assert.match(
      (await terminal.run('status')).text,
      /\(Blocked\): default\/web: The disruption budget\n +web does not allow/,
    )
  })

  test('a repaired node: phases, replacement and proof, although it is gone', async (t) => {
    const { cluster, half, node, terminal } = await givenTerminal(t, quickPolicy)
    await cluster.setCondition(node, 'KernelReady', 'False')
    await cluster.until('the repair succeeds', 120, [half], async () =>
      (await cluster.repairs()).find((one) => one.proof),
    )
    const said = await terminal.run('why', node)
    assert.equal(said.exitCode, 0)
    assert.match(said.text, /is gone/)
    assert.match(said.text, /^Succeeded +\d\d:\d\d UTC +pool-\w+ is ready and free of faults since/m)
    assert.match(said.text, /^Proven on: {3}pool-/m)
    const { healthy } = JSON.parse((await terminal.run('why', node, '--output', 'json')).text) as { healthy: unknown }
    assert.equal(healthy, null, 'a node that is gone is neither healthy nor sick')
  })

  test('without a record it says what a controller would say, and that it is not recorded', async (t) => {
    const { cluster, node, terminal } = await givenTerminal(t, quickPolicy, { leads: false })
    await cluster.setCondition(node, 'KernelReady', 'False')
    const said = await terminal.run('why', node)
    assert.match(said.text, /^Not replaced: no controller leads\.\n/)
    assert.match(said.text, /^Changes: {3}start one: nodemend controller$/m)
    assert.match(said.text, /Recorded: {2}no, this is what a controller would say; none leads/)
  })

  test('a record that is older than the condition says so; the message of the condition says which device', async (t) => {
    const { cluster, half, node, terminal } = await givenTerminal(t, { ...quickPolicy, toleration: '1h' })
    await cluster.setCondition(node, 'KernelReady', 'False', 'SoftLockup', 'CPU 3 is stuck')
    await cluster.run(3, half)
    const fresh = (await terminal.run('why', node)).text
    assert.match(fresh, /^KernelReady +False +3 s ago +SoftLockup: CPU 3 is stuck$/m)
    assert.doesNotMatch(fresh, /Outdated/)
    await half.kill()
    await cluster.clock.advance(60_000)
    await cluster.setCondition(node, 'KernelReady', 'False', 'HardLockup', 'CPU 5 is stuck')
    const since = `${new Date(cluster.clock.now()).toISOString().slice(0, 19)}Z`
    const old = (await terminal.run('why', node)).text
    assert.match(
      old,
      /^Outdated: {2}KernelReady is False \(HardLockup\) since \d\d:\d\d UTC \(0 s ago\); the\n +record is about before that$/m,
    )
    const data = JSON.parse((await terminal.run('why', node, '-o', 'json')).text)
    assert.equal(data.decision.outdated, `KernelReady is False (HardLockup) since ${since}`)
  })

  test('an unknown node is an error that says where to look', async (t) => {
    const { terminal } = await givenTerminal(t)
    const said = await terminal.run('why', 'nobody')
    assert.deepEqual([said.exitCode, said.text], [2, ''])
    assert.match(said.message, /no node and no repair of the name nobody; see: nodemend status --all/)
  })
})

describe('status', () => {
  test('sick nodes first, open repairs with their reason, policies with their state', async (t) => {
    const { cluster, half, node, terminal } = await givenTerminal(t, { ...quickPolicy, toleration: '1h' })
    for (const { metadata } of await cluster.nodes())
      await cluster.setCondition(metadata.name ?? '', 'KernelReady', 'True')
    const calm = await terminal.run('status')
    assert.equal(calm.exitCode, 0)
    assert.match(calm.text, /^4 nodes: 4 healthy; controller-a leads\.$/m)
    await cluster.setCondition(node, 'KernelReady', 'False', 'SoftLockup')
    await cluster.run(3, half)
    const said = await terminal.run('status')
    assert.equal(said.exitCode, 0)
    assert.match(said.text, new RegExp(`^${node} +KernelReady False \\(SoftLockup\\)$`, 'm'))
    assert.match(said.text, /^ +Not replaced yet: KernelReady seen False since \d\d:\d\d UTC \(\d s ago\);/m)
    assert.match(said.text, /^kernel +Enforce +Replace +yes$/m)
    const data = JSON.parse((await terminal.run('status', '-o', 'json')).text)
    assert.equal(data.nodes[0].name, node)
    assert.equal(data.repairs[0].phase, 'Pending')
    assert.match((await terminal.run('status', '-o', 'yaml')).text, /^repairs:\n {2}- name: /m)
  })

  test('a node on which no agent reports, or none any more, is not called healthy', async (t) => {
    const { cluster, half, terminal } = await givenTerminal(t, quickPolicy)
    const [never = '', silent = '', well = ''] = (await cluster.nodes()).map((one) => one.metadata.name ?? '')
    await cluster.setCondition(silent, 'KernelReady', 'True')
    const last = new Date(cluster.clock.now()).toISOString()
    await cluster.run(16 * 60, half)
    await cluster.setCondition(well, 'KernelReady', 'True')
    const { text } = await terminal.run('status')
    assert.match(text, /^4 nodes: 3 without an agent, 1 healthy; controller-a leads\.$/m)
    assert.match(text, new RegExp(`^${never} +no agent has ever reported$`, 'm'))
    assert.match(
      text,
      new RegExp(`^${silent} +no agent has reported since ${last.slice(11, 16)} UTC \\(16 min ago\\)$`, 'm'),
    )
    assert.doesNotMatch(text, new RegExp(well))
    const { nodes } = JSON.parse((await terminal.run('status', '-o', 'json')).text)
    assert.deepEqual(
      nodes.map((one: { state: string }) => one.state),
      ['no-agent', 'no-agent', 'no-agent', 'healthy'],
    )
    assert.match((await terminal.run('why', never)).text, /is without an agent that reports: nobody looks/)
  })

  test('a refused policy is shown with its remedy', async (t) => {
    const { cluster, half, terminal } = await givenTerminal(t, quickPolicy)
    await cluster.policy('bad', mistakenPolicy)
    const unjudged = await terminal.run('status')
    assert.match(unjudged.text, /^bad +Observe +Replace +refused +policy bad:/m)
    await cluster.run(2, half)
    const said = await terminal.run('status')
    assert.match(said.text, /^kernel +Enforce +Replace +yes +it is in force as it stands;/m)
    await cluster.policy('kernel', { toleration: '1m' })
    assert.match((await terminal.run('status')).text, /^kernel +Enforce +Replace +no +no controller has judged this/m)
    await cluster.run(2, half)
    assert.match((await terminal.run('status')).text, /^kernel +Enforce +Replace +no +generation 1 of it stays in/m)
  })
})

test('status and why of a server that hangs: five seconds, then its name and what to check', async (t) => {
  let asked = 0
  const hanging = createServer(() => void asked++)
  await new Promise<void>((resolve) => hanging.listen(0, '127.0.0.1', resolve))
  const { cluster, terminal } = await givenTerminal(t)
  t.after(() => void hanging.close().closeAllConnections())
  const server = `http://127.0.0.1:${(hanging.address() as AddressInfo).port}` // it listens on TCP
  const kubeconfig = cluster.kubeconfig().replace(/server: .*/, `server: ${server}`)
  for (const args of [['status'], ['why', 'any']]) {
    asked = 0
    let over = false
    const ended = terminal.runWith(kubeconfig, ...args).catch((error: unknown) => {
      over = true
      return error
    })
    while (asked < readsOfAView) await new Promise((resolve) => setImmediate(resolve))
    await cluster.clock.advance(4_900)
    assert.equal(over, false)
    await cluster.clock.advance(100)
    const failure = await ended
    assert.ok(isKubeError(failure, 'NM_KUBE_TIMEOUT'))
    const expected = new RegExp(`no answer from ${server} within 5 s; check the address in the kubeconfig, .*VPN`)
    assert.match(failure.message, expected)
  }
})

/** Nodes, repairs, policies, who leads, and whether it is paused: all at once. */
const readsOfAView = 5

describe('L16: status says first what holds everything up', () => {
  const heldUp = (text: string): string => text.split('\n')[1] ?? ''

  test('says who paused the controller, and JSON does', async (t) => {
    const { cluster, terminal } = await givenTerminal(t, quickPolicy)
    const calm = JSON.parse((await terminal.run('status', '-o', 'json')).text).controller
    assert.deepEqual([calm.paused, calm.settling], [{ state: 'off', why: null }, null])
    const ref = { name: 'nodemend-controller', namespace: 'default' }
    const patch = { metadata: { annotations: { 'nodemend.dev/paused': 'kim: upgrade' } } }
    await patchObject(cluster.api, leases, ref, patch, { type: 'merge' })
    assert.match(heldUp((await terminal.run('status')).text), /^Held up: {2}PAUSED by kim: upgrade$/)
    const { controller } = JSON.parse((await terminal.run('status', '-o', 'json')).text)
    assert.deepEqual(controller.paused, { state: 'on', why: 'kim: upgrade' })
  })

  test('says that everything settles after an outage, until when, and no longer than that', async (t) => {
    const { cluster, half, node, terminal } = await givenTerminal(t, { ...quickPolicy, mode: 'Observe' })
    half.observer.health.settle()
    await cluster.setCondition(node, 'KernelReady', 'False', 'SoftLockup')
    await cluster.run(5, half)
    const said = await terminal.run('status')
    assert.match(heldUp(said.text), /^Held up: {2}frozen: the API server was away; settling until \d\d:\d\d UTC \(in/)
    const { controller } = JSON.parse((await terminal.run('status', '-o', 'json')).text)
    assert.match(controller.settling, /^the API server was away; settling until /)
    await cluster.run(300, half)
    assert.doesNotMatch((await terminal.run('status')).text, /frozen/)
  })
})

test('L5: whatever stands in an annotation, a condition or a policy, no output makes a terminal obey it', async (t) => {
  const { cluster, half, node, terminal } = await givenTerminal(t, quickPolicy)
  const hostile = `\u001b]0;owned\u0007\u009b2J\u202e\n${'x'.repeat(18_000)}`
  await cluster.annotate(nodes, node, { 'nodemend.dev/veto': hostile, 'nodemend.dev/acknowledged': hostile })
  await cluster.setCondition(node, 'KernelReady', 'False', 'SoftLockup', hostile.slice(0, 900))
  await cluster.run(5, half)
  for (const command of [['status'], ['why', node]]) {
    const table = (await terminal.run(...command)).text
    assert.match(table, /\\x1b\]0;owned\\x07/, command[0])
    assert.ok(table.length < 12_000, `${table.length}`)
    for (const output of ['table', 'json', 'yaml']) {
      const { text } = await terminal.run(...command, '-o', output)
      assert.doesNotMatch(text, /[^\n\P{Cc}]|\p{Cf}/u, `${command[0]} -o ${output}`)
    }
  }
  const { message } = JSON.parse((await terminal.run('why', node, '-o', 'json')).text).conditions.find(
    (one: { type: string }) => one.type === 'KernelReady',
  )
  assert.equal(message, hostile.slice(0, 900), 'JSON is whole')
})
