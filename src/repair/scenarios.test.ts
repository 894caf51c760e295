/** Scenarios that need a whole cluster; those that do not are tests of the pure parts. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Call, leases, nodes, podDisruptionBudgets, repairPolicies } from '../kube/api.ts'
import { connectTo } from '../kube/connect.ts'
import { isKubeError, KubeError } from '../kube/errors.ts'
import { createObject, deleteObject, getObject, patchObject } from '../kube/objects.ts'
import { isInFlight } from '../model/repair.ts'
import { tap } from '../providers/testing/tap.ts'
import { seededRandom } from '../telemetry/clock.ts'
import type { RepairPolicyObject } from './policy/parse.ts'
import { givenBudget, givenCluster, givenPod, phaseOf } from './testing/given-cluster.ts'
import { mistakenPolicy, podsOn, quickPolicy, startTestCluster, type TestCluster } from './testing/test-cluster.ts'

describe('policies', () => {
  test('edited under a running repair, the committed values count', async (t) => {
    const { cluster, first } = await givenCluster(t, { ...quickPolicy, restraint: { dwell: '20s' } })
    const half = await cluster.half('a')
    await cluster.setCondition(first, 'KernelReady', 'False')
    await cluster.until('the drain begins', 30, [half], phaseOf(cluster, first, 'Draining'))
    await cluster.policy('kernel', { restraint: { dwell: '1h' }, drain: { timeout: '1s' } })
    const done = await cluster.until('it succeeds', 90, [half], phaseOf(cluster, first, 'Succeeded'))
    assert.deepEqual([done.plan?.generation, done.plan?.dwellMs], [1, 20_000])
  })

  test('an action that does not exist is refused by the API server itself', async (t) => {
    const { cluster } = await givenCluster(t)
    for (const action of ['Explode', 'replace', '']) {
      await assert.rejects(
        cluster.policy('bad', { match: [{ condition: 'KernelReady' }], action }),
        (error: unknown) =>
          isKubeError(error, 'NM_KUBE_INVALID') && /spec\.action.*NoAction.*Replace/.test(error.message),
      )
    }
  })

  test('one bad policy refuses the set: the last good one stays, and the status says what to do', async (t) => {
    const { cluster, first } = await givenCluster(t, { ...quickPolicy, toleration: '10s' })
    const half = await cluster.half('a')
    await cluster.run(2, half)
    await cluster.policy('bad', mistakenPolicy)
    await cluster.setCondition(first, 'KernelReady', 'False')
    await cluster.until('the good one still works', 120, [half], phaseOf(cluster, first, 'Succeeded'))
    const bad = await getObject<RepairPolicyObject>(cluster.api, repairPolicies, { name: 'bad' })
    const [condition] = bad.status?.conditions ?? []
    assert.equal(condition?.status, 'False')
    assert.match(condition?.message ?? '', /spec\.match\[0\]\.reason is \(: not an RE2 pattern/)
    const good = await getObject<RepairPolicyObject>(cluster.api, repairPolicies, { name: 'kernel' })
    assert.deepEqual(
      good.status?.conditions?.map((one) => [one.type, one.status, one.reason]),
      [
        ['Accepted', 'True', 'Valid'],
        ['InForce', 'True', 'LastGoodSetInForce'],
        ['Safeguarded', 'False', 'SafeguardsOff'], // the test's own times are short
      ],
    )
    assert.ok(half.events.some((one) => one.reason === 'PolicyRefused' && one.regarding.name === 'bad'))
  })

  test('started with a bad set, nothing is in force and nothing happens', async (t) => {
    const { cluster, first } = await givenCluster(t)
    await cluster.policy('bad', mistakenPolicy)
    const half = await cluster.half('a')
    await cluster.setCondition(first, 'KernelReady', 'False')
    await cluster.run(20, half)
    assert.deepEqual(await cluster.repairs(), [])
  })
})

describe('limits', () => {
  test('five sick nodes of six, budget 1: never two in flight, all mended in the end', async (t) => {
    const cluster = await startTestCluster({ groups: [{ name: 'pool', size: 6, replaceMs: 1_000 }] })
    t.after(() => cluster.stop())
    await cluster.policy('kernel', {
      ...quickPolicy,
      restraint: { dwell: '1s' },
      breaker: { share: '100%', rate: '100%' },
    })
    const half = await cluster.half('a')
    const sick = (await cluster.nodes()).slice(0, 5).map((one) => one.metadata.name ?? '')
    for (const name of sick) await cluster.setCondition(name, 'KernelReady', 'False')
    await cluster.until('all are mended', 300, [half], async () => {
      const repairs = await cluster.repairs()
      assert.ok(repairs.filter((one) => isInFlight(one.phase)).length <= 1)
      return repairs.filter((one) => one.phase === 'Succeeded').length === 5 || undefined
    })
    const taken = (await cluster.repairs()).map((one) => one.successor?.uid)
    assert.equal(new Set(taken).size, 5, 'each repair has its own replacement')
  })

  test('a sick fleet trips the breaker and stays as it is', async (t) => {
    const cluster = await startTestCluster({ groups: [{ name: 'pool', size: 8, replaceMs: 1_000 }] })
    t.after(() => cluster.stop())
    await cluster.policy('kernel', quickPolicy)
    const half = await cluster.half('a')
    for (const node of (await cluster.nodes()).slice(0, 4))
      await cluster.setCondition(node.metadata.name ?? '', 'KernelReady', 'False')
    await cluster.run(30, half)
    const repairs = await cluster.repairs()
    assert.equal(repairs.length, 4)
    assert.ok(repairs.every((one) => one.phase === 'Pending' && one.decision?.decidedBy === 'breaker'))
  })

  test('a replacement with the same fault is a failure, not a proof', async (t) => {
    const { cluster, first } = await givenCluster(t, { ...quickPolicy, restraint: { dwell: '30s' } })
    const half = await cluster.half('a')
    await cluster.setCondition(first, 'KernelReady', 'False')
    const dwelling = await cluster.until('it dwells', 90, [half], phaseOf(cluster, first, 'Dwelling'))
    await cluster.setCondition(dwelling.successor?.name ?? '', 'KernelReady', 'False')
    const failed = await cluster.until('it fails', 30, [half], phaseOf(cluster, first, 'Failed'))
    assert.match(failed.phases.at(-1)?.why ?? '', /has KernelReady=False/)
  })

  test('a node that the autoscaler is taking away is left to it, also in the middle of a drain', async (t) => {
    const { cluster, first } = await givenCluster(t)
    await givenPod(cluster, first, 'web', { labels: { app: 'web' } })
    await givenBudget(cluster, 'web', { app: 'web' })
    const half = await cluster.half('a')
    await cluster.setCondition(first, 'KernelReady', 'False')
    await cluster.until('the drain begins', 30, [half], phaseOf(cluster, first, 'Draining'))
    const taints = ((await cluster.nodes()).find((one) => one.metadata.name === first)?.spec?.taints ?? []).concat({
      key: 'ToBeDeletedByClusterAutoscaler',
      effect: 'NoSchedule',
    })
    await patchObject(cluster.api, nodes, { name: first }, { spec: { taints } }, { type: 'merge' })
    await cluster.until('it is cancelled', 30, [half], phaseOf(cluster, first, 'Cancelled'))
    const left = (await cluster.nodes()).find((one) => one.metadata.name === first)
    assert.deepEqual(
      left?.spec?.taints?.map((taint) => taint.key),
      ['ToBeDeletedByClusterAutoscaler'],
    )
  })
})

describe('providers', () => {
  const nodesOf = async (cluster: TestCluster): Promise<readonly unknown[]> =>
    (await cluster.nodes()).map(({ metadata, spec }) => [metadata.uid, spec])

  test('a node of a modelled group is never deleted by a controller that does not run that provider', async (t) => {
    for (const provider of ['auto', 'embedded']) {
      const { cluster, first } = await givenCluster(t, { ...quickPolicy, provider })
      const before = await nodesOf(cluster)
      const half = await cluster.half('a', { providers: ['karpenter'] })
      await cluster.setCondition(first, 'KernelReady', 'False')
      await cluster.run(60, half)
      assert.deepEqual(await nodesOf(cluster), before)
      const [record] = await cluster.repairs()
      assert.deepEqual([record?.phase, record?.decision?.decidedBy], ['Pending', 'provider'])
      assert.match(record?.decision?.gates.find((one) => one.gate === 'provider')?.why ?? '', /runs karpenter/)
    }
  })

  test('started anew without the provider of a repair under way, everything is put back', async (t) => {
    const { cluster, first } = await givenCluster(t)
    await givenPod(cluster, first, 'web', { labels: { app: 'web' } })
    await givenBudget(cluster, 'web', { app: 'web' })
    const half = await cluster.half('a')
    await cluster.setCondition(first, 'KernelReady', 'False')
    await cluster.until('the drain begins', 30, [half], phaseOf(cluster, first, 'Draining'))
    await half.kill()
    const other = await cluster.half('b', { leadership: { fencingToken: 2 }, providers: ['karpenter'] })
    const cancelled = await cluster.until('it is cancelled', 30, [other], phaseOf(cluster, first, 'Cancelled'))
    assert.match(cancelled.phases.at(-1)?.why ?? '', /does not run provider embedded/)
    const node = (await cluster.nodes()).find((one) => one.metadata.name === first)
    assert.deepEqual(node?.spec?.taints ?? [], [])
  })
})

describe('outages', () => {
  test('after an outage everything settles, and tolerations start anew', async (t) => {
    const { cluster, first } = await givenCluster(t, { ...quickPolicy, toleration: '60s' })
    const half = await cluster.half('a')
    await cluster.setCondition(first, 'KernelReady', 'False')
    await cluster.run(30, half)
    const back = await cluster.outage()
    for (let minutes = 0; minutes < 40; minutes++) {
      await cluster.clock.advance(60_000)
      await half.controller.pass()
    }
    await back()
    const backAt = cluster.clock.now()
    await cluster.until('it is in sync again', 60, [half], async () =>
      half.observer.trouble === undefined ? true : undefined,
    )
    await cluster.setCondition(first, 'KernelReady', 'False')
    await cluster.run(290, half)
    assert.equal((await cluster.repairs())[0]?.decision?.decidedBy, 'api-health')
    const done = await cluster.until('it succeeds', 300, [half], phaseOf(cluster, first, 'Succeeded'))
    const started = done.phases.find((one) => one.phase === 'Preparing')?.at ?? 0
    assert.ok(started - backAt >= 360_000, `started ${started - backAt} ms after the outage`)
  })
})

test('the whole controller is paused by an annotation on its lease, and says who paused it', async (t) => {
  const { cluster, first } = await givenCluster(t)
  const metadata = {
    name: 'nodemend-controller',
    namespace: 'default',
    annotations: { 'nodemend.dev/paused': 'kim: upgrade' },
  }
  await createObject(cluster.api, leases, { metadata, spec: {} } as never)
  const half = await cluster.half('a')
  await cluster.setCondition(first, 'KernelReady', 'False')
  await cluster.run(15, half)
  const decision = (await cluster.repairs())[0]?.decision
  assert.equal(decision?.decidedBy, 'pause')
  assert.match(decision?.gates.find((one) => one.gate === 'pause')?.why ?? '', /kim: upgrade/)
  await deleteObject(cluster.api, leases, { name: 'nodemend-controller', namespace: 'default' })
  await cluster.until('it succeeds', 90, [half], phaseOf(cluster, first, 'Succeeded'))
})

test('the pause fails closed: while the lease cannot be read, nothing starts and what runs is held', async (t) => {
  const { cluster, first } = await givenCluster(t)
  const { clock, url, token } = cluster
  const own = connectTo({ server: url, token: () => token }, { clock, random: seededRandom(5) })
  let dark = true
  const kubeletLeases: string[] = []
  const read = ({ verb, resource }: Call): void => {
    if (verb === 'list' && resource.plural === 'leases') kubeletLeases.push(verb)
    if (dark && verb === 'get' && resource.plural === 'leases')
      throw new KubeError('NM_KUBE_FORBIDDEN', 'may not read leases', { call: 'get', status: 403 })
  }
  const half = await cluster.half('a', { api: tap(own, { read }).api })
  await cluster.setCondition(first, 'KernelReady', 'False')
  await cluster.run(15, half)
  const decision = (await cluster.repairs())[0]?.decision
  assert.equal(decision?.decidedBy, 'pause')
  assert.match(decision?.gates.find((one) => one.gate === 'pause')?.why ?? '', /may not read leases/)
  assert.ok(kubeletLeases.length > 0, 'the kubelet leases are followed all the same')
  dark = false
  await givenPod(cluster, first, 'web', { labels: { app: 'web' } })
  await givenBudget(cluster, 'web', { app: 'web' })
  await cluster.until('the drain begins', 30, [half], phaseOf(cluster, first, 'Draining'))
  dark = true
  await cluster.run(6, half) // an answer counts for five seconds
  await deleteObject(cluster.api, podDisruptionBudgets, { name: 'web', namespace: 'default' })
  await cluster.run(30, half)
  assert.deepEqual(await podsOn(cluster, first), ['web'], 'a running drain is held')
  dark = false
  await cluster.until('it succeeds', 90, [half], phaseOf(cluster, first, 'Succeeded'))
})
