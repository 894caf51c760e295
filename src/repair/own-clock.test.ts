/** Kind 9: our own clock is set, runs ahead or behind, and no repair is delayed, ended or blinded by it. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nodes } from '../kube/api.ts'
import type { Attempt } from '../model/repair.ts'
import type { Clock } from '../telemetry/clock.ts'
import { type Context, givenPod, phaseOf } from './testing/given-cluster.ts'
import { type Half, quickPolicy, startTestCluster, type TestCluster } from './testing/test-cluster.ts'

const day = 86_400_000
const minutes = 60

async function given(t: Context, policy: object = quickPolicy) {
  const cluster = await startTestCluster()
  t.after(() => cluster.stop())
  await cluster.policy('kernel', policy)
  const node = (await cluster.nodes())[0]?.metadata.name ?? ''
  return { cluster, node }
}

/** Our clock alone, `ms` off from that of the cluster. */
function off(cluster: TestCluster, ms: number): Clock {
  const { clock } = cluster
  return {
    now: () => clock.now() + ms,
    monotonic: () => clock.monotonic(),
    after: (after, run) => clock.after(after, run),
  }
}

/** The agent asserts the condition every ten seconds. */
async function sickFor(cluster: TestCluster, half: Half, node: string, seconds: number): Promise<void> {
  for (let passed = 0; passed < seconds; passed += 10) {
    const there = (await cluster.nodes()).some((one) => one.metadata.name === node)
    if (there) await cluster.setCondition(node, 'KernelReady', 'False')
    await cluster.run(10, half)
  }
}

const open = async (cluster: TestCluster): Promise<Attempt | undefined> =>
  (await cluster.repairs()).find((one) => one.phase !== 'Succeeded' && one.phase !== 'Failed')

const begun = async (cluster: TestCluster) =>
  (await cluster.repairs()).filter((one) => one.taintedAt !== undefined).length

describe('kind 9: a clock that was a day ahead is set back', () => {
  const slow = { ...quickPolicy, toleration: '60s' }

  test('kind 9: while a node is tolerated: the repair is not a day late', async (t) => {
    const { cluster, node } = await given(t, slow)
    cluster.clock.skew(day)
    const half = await cluster.half('a')
    await sickFor(cluster, half, node, 30)
    cluster.clock.skew(-day)
    await sickFor(cluster, half, node, 7 * minutes) // five minutes of them everything settles
    assert.equal(await begun(cluster), 1)
  })

  test('kind 9: and another controller takes over afterwards: the repair is not a day late', async (t) => {
    const { cluster, node } = await given(t, slow)
    cluster.clock.skew(day)
    const half = await cluster.half('a')
    await sickFor(cluster, half, node, 30)
    await half.kill()
    cluster.clock.skew(-day)
    const next = await cluster.half('b')
    await sickFor(cluster, next, node, 2 * minutes)
    assert.equal(await begun(cluster), 1)
  })

  test('kind 9: in mid-drain: its deadline moves back with the clock', async (t) => {
    const { cluster, node } = await given(t, { ...quickPolicy, drain: { timeout: '15m', blockedAfter: '1h' } })
    await givenPod(cluster, node, 'stays', { annotations: { 'nodemend.dev/do-not-disrupt': 'true' } })
    cluster.clock.skew(day)
    const half = await cluster.half('a')
    await cluster.setCondition(node, 'KernelReady', 'False')
    await cluster.until('it drains', 30, [half], phaseOf(cluster, node, 'Draining'))
    cluster.clock.skew(-day)
    const failed = await cluster.until('its time is up', 16 * minutes, [half], phaseOf(cluster, node, 'Failed'))
    assert.match(failed.phases.at(-1)?.why ?? '', /^the drain's time is up/)
  })

  test('kind 9: after a failed repair: the pause is ten minutes, not a day', async (t) => {
    const { cluster, node } = await given(t, { ...quickPolicy, drain: { timeout: '10s', blockedAfter: '1h' } })
    await givenPod(cluster, node, 'stays', { annotations: { 'nodemend.dev/do-not-disrupt': 'true' } })
    cluster.clock.skew(day)
    const half = await cluster.half('a')
    await cluster.setCondition(node, 'KernelReady', 'False')
    await cluster.until('it fails', 60, [half], phaseOf(cluster, node, 'Failed'))
    await half.kill()
    cluster.clock.skew(-day)
    const next = await cluster.half('b')
    await sickFor(cluster, next, node, 9 * minutes)
    assert.equal(await begun(cluster), 1, 'the pause counts all the same')
    await sickFor(cluster, next, node, 2 * minutes)
    assert.equal(await begun(cluster), 2)
  })
})

describe('kind 9: a clock jumps a day forward', () => {
  test('kind 9: in mid-drain: the drain has the rest of its time', async (t) => {
    const { cluster, node } = await given(t, { ...quickPolicy, drain: { timeout: '15m', blockedAfter: '1h' } })
    await givenPod(cluster, node, 'stays', { annotations: { 'nodemend.dev/do-not-disrupt': 'true' } })
    const half = await cluster.half('a')
    await cluster.setCondition(node, 'KernelReady', 'False')
    await cluster.until('it drains', 30, [half], phaseOf(cluster, node, 'Draining'))
    cluster.clock.skew(day)
    await cluster.run(13 * minutes, half)
    assert.equal((await open(cluster))?.phase, 'Draining')
    await cluster.until('its time is up', 3 * minutes, [half], phaseOf(cluster, node, 'Failed'))
  })

  test('kind 9: while a machine is awaited: it has the rest of its time to join', async (t) => {
    const cluster = await startTestCluster({ groups: [{ name: 'pool', size: 4, replaceMs: 10 * 60_000 }] })
    t.after(() => cluster.stop())
    await cluster.policy('kernel', quickPolicy)
    const node = (await cluster.nodes())[0]?.metadata.name ?? ''
    const half = await cluster.half('a')
    await cluster.setCondition(node, 'KernelReady', 'False')
    await cluster.until('it waits', 60, [half], phaseOf(cluster, node, 'Observing'))
    cluster.clock.skew(day)
    await cluster.until('it is proven', 15 * minutes, [half], phaseOf(cluster, node, 'Succeeded'))
  })

  test('kind 9: after a failed repair: the pause does not end at once, and the failure is not forgotten', async (t) => {
    const { cluster, node } = await given(t, { ...quickPolicy, drain: { timeout: '10s', blockedAfter: '1h' } })
    await givenPod(cluster, node, 'stays', { annotations: { 'nodemend.dev/do-not-disrupt': 'true' } })
    const half = await cluster.half('a')
    await cluster.setCondition(node, 'KernelReady', 'False')
    await cluster.until('it fails', 60, [half], phaseOf(cluster, node, 'Failed'))
    cluster.clock.skew(2 * day)
    await sickFor(cluster, half, node, 9 * minutes)
    assert.equal(await begun(cluster), 1)
  })

  test('kind 9: and back again: the stamps on record are what they were', async (t) => {
    const { cluster, node } = await given(t, { ...quickPolicy, drain: { timeout: '15m', blockedAfter: '1h' } })
    await givenPod(cluster, node, 'stays', { annotations: { 'nodemend.dev/do-not-disrupt': 'true' } })
    const half = await cluster.half('a')
    await cluster.setCondition(node, 'KernelReady', 'False')
    const before = await cluster.until('it drains', 30, [half], phaseOf(cluster, node, 'Draining'))
    cluster.clock.skew(day)
    await cluster.run(5, half)
    cluster.clock.skew(-day)
    await cluster.run(5, half)
    const after = await open(cluster)
    assert.deepEqual([after?.phases, after?.drain?.deadline], [before.phases, before.drain?.deadline])
  })
})

describe('kind 9: our clock is a minute off from the API server’s', () => {
  for (const [what, ms] of [
    ['ahead', 60_000],
    ['behind', -60_000],
    ['five minutes ahead', 300_000],
  ] as const) {
    test(`kind 9: ${what}: the successor is seen`, async (t) => {
      const { cluster, node } = await given(t)
      const half = await cluster.half('a', { clock: off(cluster, ms) })
      await cluster.setCondition(node, 'KernelReady', 'False')
      await cluster.until('it is proven', 60, [half], phaseOf(cluster, node, 'Succeeded'))
    })
  }
})

describe('kind 9: a pod with an hour of grace, on a node', () => {
  const lost = { ...quickPolicy, match: [{ condition: 'Ready', status: 'Unknown' }], drain: { timeout: '2h' } }

  test('kind 9: whose kubelet has been silent for five minutes: the repair goes on, and the record names the pod', async (t) => {
    const { cluster, node } = await given(t, lost)
    const half = await cluster.half('a')
    await givenPod(cluster, node, 'patient', { grace: 3_600 })
    await cluster.annotate(nodes, node, { 'embedded.nodemend.dev/kubelet': 'stopped' })
    await cluster.until('it drains', 3 * minutes, [half], phaseOf(cluster, node, 'Draining'))
    await cluster.run(3 * minutes, half)
    assert.equal((await open(cluster))?.phase, 'Draining', 'a kubelet may come back')
    const done = await cluster.until('it is proven', 5 * minutes, [half], phaseOf(cluster, node, 'Succeeded'))
    assert.match(done.drain?.leftBehind.join() ?? '', /default\/patient: its kubelet has been silent for five minutes/)
  })
})
