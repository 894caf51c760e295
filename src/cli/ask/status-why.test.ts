/** `status` and `why` through the front door: against a modelled cluster over HTTP, with a kubeconfig. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, test } from 'node:test'
import { leases } from '../../kube/api.ts'
import { isKubeError } from '../../kube/errors.ts'
import { createObject } from '../../kube/objects.ts'
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
    assert.match(said.text, /only observes; it would Replace the node now/)
    assert.match(said.text, /Changes: {3}set spec\.mode of policy kernel to Approve or Enforce/)
    assert.match(said.text, /^budget +allow +0 of 1 repairs/m)
    const data = JSON.parse((await terminal.run('why', node, '--output', 'json')).text)
    assert.equal(data.decision.outcome, 'would-act')
    assert.equal(data.decision.rule.reason, 'SoftLockup')
    assert.equal(data.decision.gates.length, 19)
  })

  test('Observe: the second sick node would wait for the first; nothing is said to be in flight', async (t) => {
    const { cluster, half, terminal } = await givenTerminal(t, { ...quickPolicy, mode: 'Observe' })
    const [one = '', two = ''] = (await cluster.nodes()).map((node) => node.metadata.name ?? '')
    for (const name of [one, two]) await cluster.setCondition(name, 'KernelReady', 'False', 'SoftLockup')
    await cluster.run(10, half)
    const texts = [(await terminal.run('why', one)).text, (await terminal.run('why', two)).text]
    const waiting = texts.find((text) => text.includes('Replace would wait for')) ?? ''
    assert.match(waiting, /^Would wait for: \S/m)
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
    assert.deepEqual(lines.slice(0, 5), [
      `${node} is sick. Repair ${repair?.name} moves its pods away: 0 evicted, 1 to go, and has lent its budget slot to the next node.`,
      'Waits for: a controller: none leads',
      `default/web: ${repair?.drain?.blockers[0]?.reason}`,
      'Changes:   start one: nodemend controller',
      'PodDisruptionBudget default/web allows a disruption',
    ])
    assert.match(
      lines.slice(5, 7).join('\n'),
      new RegExp(`^${deadline}: .*everything is put back\nto stop it: kubectl ann`),
    )
    assert.match(
      (await terminal.run('status')).text,
      /Blocked +KernelReady +kernel +default\/web: The disruption budget web does/,
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
    assert.match(said.text, /^Succeeded +\S+Z +pool-\w+ is ready and free of faults since/m)
    assert.match(said.text, /^Proven on: {3}pool-/m)
  })

  test('without a record it says what a controller would say, and that it is not recorded', async (t) => {
    const { cluster, node, terminal } = await givenTerminal(t, quickPolicy)
    await cluster.setCondition(node, 'KernelReady', 'False')
    const said = await terminal.run('why', node)
    assert.match(said.text, /Recorded: {2}no, this is what a controller would say; none leads/)
  })

  test('a record that is older than the condition says so; the message of the condition says which device', async (t) => {
    const { cluster, half, node, terminal } = await givenTerminal(t, { ...quickPolicy, toleration: '1h' })
    await cluster.setCondition(node, 'KernelReady', 'False', 'SoftLockup', 'CPU 3 is stuck')
    await cluster.run(3, half)
    const fresh = (await terminal.run('why', node)).text
    assert.match(fresh, /^KernelReady +False +SoftLockup +\S+Z +CPU 3 is stuck$/m)
    assert.doesNotMatch(fresh, /Outdated/)
    await half.kill()
    await cluster.clock.advance(60_000)
    await cluster.setCondition(node, 'KernelReady', 'False', 'HardLockup', 'CPU 5 is stuck')
    const since = `${new Date(cluster.clock.now()).toISOString().slice(0, 19)}Z`
    const old = (await terminal.run('why', node)).text
    assert.match(
      old,
      new RegExp(
        `^Outdated: {2}KernelReady is False \\(HardLockup\\) since ${since}; the record is about before that$`,
        'm',
      ),
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
    assert.match(calm.text, /^4 nodes, 4 healthy, 0 no agent, 0 unknown, 0 sick/)
    await cluster.setCondition(node, 'KernelReady', 'False', 'SoftLockup')
    await cluster.run(3, half)
    const said = await terminal.run('status')
    assert.equal(said.exitCode, 0)
    assert.match(said.text, new RegExp(`^${node} +True +KernelReady False \\(SoftLockup\\) +${node}-`, 'm'))
    assert.match(said.text, /Pending +KernelReady +kernel +toleration: KernelReady seen False since/)
    assert.match(said.text, /^kernel +Enforce +Replace +yes +yes$/m)
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
    assert.match(text, /^4 nodes, 1 healthy, 3 no agent, 0 unknown, 0 sick/)
    assert.match(text, new RegExp(`^${never} +True +no agent has ever reported +-$`, 'm'))
    assert.match(text, new RegExp(`^${silent} +True +no agent has reported since ${last} +-$`, 'm'))
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
    assert.match(
      unjudged.text,
      /^bad +Observe +Replace +no +no +policy bad: spec\.match\[0\]\.reason is \(: not an RE2/m,
    )
    await cluster.run(2, half)
    const said = await terminal.run('status')
    assert.match(
      said.text,
      /^kernel +Enforce +Replace +yes +yes +it is in force as it stands; .*policy bad has a mist/m,
    )
    await cluster.policy('kernel', { toleration: '1m' })
    assert.match(
      (await terminal.run('status')).text,
      /^kernel +Enforce +Replace +yes +no +no controller has judged this/m,
    )
    await cluster.run(2, half)
    assert.match(
      (await terminal.run('status')).text,
      /^kernel +Enforce +Replace +yes +no +generation 1 of it stays in/m,
    )
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

describe('status: the first line', () => {
  const firstLine = (text: string): string => text.split('\n')[0] ?? ''

  test('says who paused the controller, and JSON does', async (t) => {
    const { cluster, terminal } = await givenTerminal(t, quickPolicy)
    const calm = JSON.parse((await terminal.run('status', '-o', 'json')).text).controller
    assert.deepEqual([calm.paused, calm.settling], [{ state: 'off', why: null }, null])
    const metadata = {
      name: 'nodemend-controller',
      namespace: 'default',
      annotations: { 'nodemend.dev/paused': 'kim: upgrade' },
    }
    await createObject(cluster.api, leases, { metadata, spec: {} } as never)
    assert.match(firstLine((await terminal.run('status')).text), /; PAUSED by kim: upgrade$/)
    const { controller } = JSON.parse((await terminal.run('status', '-o', 'json')).text)
    assert.deepEqual(controller.paused, { state: 'on', why: 'kim: upgrade' })
  })

  test('says that everything settles after an outage, until when, and no longer than that', async (t) => {
    const { cluster, half, node, terminal } = await givenTerminal(t, { ...quickPolicy, mode: 'Observe' })
    half.observer.health.settle()
    await cluster.setCondition(node, 'KernelReady', 'False', 'SoftLockup')
    await cluster.run(5, half)
    const said = await terminal.run('status')
    assert.match(firstLine(said.text), /; frozen: the API server was away; settling until \d{4}-/)
    const { controller } = JSON.parse((await terminal.run('status', '-o', 'json')).text)
    assert.match(controller.settling, /^the API server was away; settling until /)
    await cluster.run(300, half)
    assert.doesNotMatch((await terminal.run('status')).text, /frozen/)
  })
})
