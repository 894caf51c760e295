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
import { givenBudget, givenPod, givenWorld, phaseOf } from './testing/given-world.ts'
import { mistakenPolicy, podsOn, quickPolicy, startWorld, type World } from './testing/world.ts'

describe('policies', () => {
  test('edited under a running repair, the committed values count', async (t) => {
    const { world, first } = await givenWorld(t, { ...quickPolicy, restraint: { dwell: '20s' } })
    const half = await world.half('a')
    await world.setCondition(first, 'KernelReady', 'False')
    await world.until('the drain begins', 30, [half], phaseOf(world, first, 'Draining'))
    await world.policy('kernel', { mode: 'Observe', restraint: { dwell: '1h' }, drain: { timeout: '1s' } })
    const done = await world.until('it succeeds', 90, [half], phaseOf(world, first, 'Succeeded'))
    assert.deepEqual([done.plan?.generation, done.plan?.dwellMs], [1, 20_000])
  })

  test('an action that does not exist is refused by the API server itself', async (t) => {
    const { world } = await givenWorld(t)
    for (const action of ['Explode', 'replace', '']) {
      await assert.rejects(
        world.policy('bad', { match: [{ condition: 'KernelReady' }], action }),
        (error: unknown) =>
          isKubeError(error, 'NM_KUBE_INVALID') && /spec\.action.*NoAction.*Replace/.test(error.message),
      )
    }
  })

  test('one bad policy refuses the set: the last good one stays, and the status says what to do', async (t) => {
    const { world, first } = await givenWorld(t, { ...quickPolicy, toleration: '10s' })
    const half = await world.half('a')
    await world.run(2, half)
    await world.policy('bad', mistakenPolicy)
    await world.setCondition(first, 'KernelReady', 'False')
    await world.until('the good one still works', 120, [half], phaseOf(world, first, 'Succeeded'))
    const bad = await getObject<RepairPolicyObject>(world.api, repairPolicies, { name: 'bad' })
    const [condition] = bad.status?.conditions ?? []
    assert.equal(condition?.status, 'False')
    assert.match(condition?.message ?? '', /spec\.match\[0\]\.reason is \(: not an RE2 pattern/)
    const good = await getObject<RepairPolicyObject>(world.api, repairPolicies, { name: 'kernel' })
    assert.deepEqual(
      good.status?.conditions?.map((one) => [one.type, one.status, one.reason]),
      [
        ['Accepted', 'True', 'Valid'],
        ['InForce', 'True', 'LastGoodSetInForce'],
      ],
    )
    assert.ok(half.events.some((one) => one.reason === 'PolicyRefused' && one.regarding.name === 'bad'))
  })

  test('started with a bad set, nothing is in force and nothing happens', async (t) => {
    const { world, first } = await givenWorld(t)
    await world.policy('bad', mistakenPolicy)
    const half = await world.half('a')
    await world.setCondition(first, 'KernelReady', 'False')
    await world.run(20, half)
    assert.deepEqual(await world.repairs(), [])
  })
})

describe('limits', () => {
  test('five sick nodes of six, budget 1: never two in flight, all mended in the end', async (t) => {
    const world = await startWorld({ groups: [{ name: 'pool', size: 6, replaceMs: 1_000 }] })
    t.after(() => world.stop())
    await world.policy('kernel', {
      ...quickPolicy,
      restraint: { dwell: '1s' },
      breaker: { share: '100%', rate: '100%' },
    })
    const half = await world.half('a')
    const sick = (await world.nodes()).slice(0, 5).map((one) => one.metadata.name ?? '')
    for (const name of sick) await world.setCondition(name, 'KernelReady', 'False')
    await world.until('all are mended', 300, [half], async () => {
      const repairs = await world.repairs()
      assert.ok(repairs.filter((one) => isInFlight(one.phase)).length <= 1)
      return repairs.filter((one) => one.phase === 'Succeeded').length === 5 || undefined
    })
    const taken = (await world.repairs()).map((one) => one.successor?.uid)
    assert.equal(new Set(taken).size, 5, 'each repair has its own replacement')
  })

  test('a sick fleet trips the breaker and stays as it is', async (t) => {
    const world = await startWorld({ groups: [{ name: 'pool', size: 8, replaceMs: 1_000 }] })
    t.after(() => world.stop())
    await world.policy('kernel', quickPolicy)
    const half = await world.half('a')
    for (const node of (await world.nodes()).slice(0, 4))
      await world.setCondition(node.metadata.name ?? '', 'KernelReady', 'False')
    await world.run(30, half)
    const repairs = await world.repairs()
    assert.equal(repairs.length, 4)
    assert.ok(repairs.every((one) => one.phase === 'Pending' && one.decision?.decidedBy === 'breaker'))
  })

  test('a replacement with the same fault is a failure, not a proof', async (t) => {
    const { world, first } = await givenWorld(t, { ...quickPolicy, restraint: { dwell: '30s' } })
    const half = await world.half('a')
    await world.setCondition(first, 'KernelReady', 'False')
    const dwelling = await world.until('it dwells', 90, [half], phaseOf(world, first, 'Dwelling'))
    await world.setCondition(dwelling.successor?.name ?? '', 'KernelReady', 'False')
    const failed = await world.until('it fails', 30, [half], phaseOf(world, first, 'Failed'))
    assert.match(failed.phases.at(-1)?.why ?? '', /has KernelReady=False/)
  })

  test('a node that the autoscaler is taking away is left to it, also in the middle of a drain', async (t) => {
    const { world, first } = await givenWorld(t)
    await givenPod(world, first, 'web', { labels: { app: 'web' } })
    await givenBudget(world, 'web', { app: 'web' })
    const half = await world.half('a')
    await world.setCondition(first, 'KernelReady', 'False')
    await world.until('the drain begins', 30, [half], phaseOf(world, first, 'Draining'))
    const taints = ((await world.nodes()).find((one) => one.metadata.name === first)?.spec?.taints ?? []).concat({
      key: 'ToBeDeletedByClusterAutoscaler',
      effect: 'NoSchedule',
    })
    await patchObject(world.api, nodes, { name: first }, { spec: { taints } }, { type: 'merge' })
    await world.until('it is cancelled', 30, [half], phaseOf(world, first, 'Cancelled'))
    const left = (await world.nodes()).find((one) => one.metadata.name === first)
    assert.deepEqual(
      left?.spec?.taints?.map((taint) => taint.key),
      ['ToBeDeletedByClusterAutoscaler'],
    )
  })
})

describe('providers', () => {
  const nodesOf = async (world: World): Promise<readonly unknown[]> =>
    (await world.nodes()).map(({ metadata, spec }) => [metadata.uid, spec])

  test('a node of a modelled group is never deleted by a controller that does not run that provider', async (t) => {
    for (const provider of ['auto', 'embedded']) {
      const { world, first } = await givenWorld(t, { ...quickPolicy, provider })
      const before = await nodesOf(world)
      const half = await world.half('a', { providers: ['karpenter'] })
      await world.setCondition(first, 'KernelReady', 'False')
      await world.run(60, half)
      assert.deepEqual(await nodesOf(world), before)
      const [record] = await world.repairs()
      assert.deepEqual([record?.phase, record?.decision?.decidedBy], ['Pending', 'provider'])
      assert.match(record?.decision?.gates.find((one) => one.gate === 'provider')?.why ?? '', /runs karpenter/)
    }
  })

  test('started anew without the provider of a repair under way, everything is put back', async (t) => {
    const { world, first } = await givenWorld(t)
    await givenPod(world, first, 'web', { labels: { app: 'web' } })
    await givenBudget(world, 'web', { app: 'web' })
    const half = await world.half('a')
    await world.setCondition(first, 'KernelReady', 'False')
    await world.until('the drain begins', 30, [half], phaseOf(world, first, 'Draining'))
    await half.kill()
    const other = await world.half('b', { leadership: { fencingToken: 2 }, providers: ['karpenter'] })
    const cancelled = await world.until('it is cancelled', 30, [other], phaseOf(world, first, 'Cancelled'))
    assert.match(cancelled.phases.at(-1)?.why ?? '', /does not run provider embedded/)
    const node = (await world.nodes()).find((one) => one.metadata.name === first)
    assert.deepEqual(node?.spec?.taints ?? [], [])
  })
})

describe('outages', () => {
  test('after an outage everything settles, and tolerations start anew', async (t) => {
    const { world, first } = await givenWorld(t, { ...quickPolicy, toleration: '60s' })
    const half = await world.half('a')
    await world.setCondition(first, 'KernelReady', 'False')
    await world.run(30, half)
    const back = await world.outage()
    for (let minutes = 0; minutes < 40; minutes++) {
      await world.clock.advance(60_000)
      await half.controller.pass()
    }
    await back()
    const backAt = world.clock.now()
    await world.until('it is in sync again', 60, [half], async () =>
      half.observer.trouble === undefined ? true : undefined,
    )
    await world.setCondition(first, 'KernelReady', 'False')
    await world.run(290, half)
    assert.equal((await world.repairs())[0]?.decision?.decidedBy, 'api-health')
    const done = await world.until('it succeeds', 300, [half], phaseOf(world, first, 'Succeeded'))
    const started = done.phases.find((one) => one.phase === 'Preparing')?.at ?? 0
    assert.ok(started - backAt >= 360_000, `started ${started - backAt} ms after the outage`)
  })
})

test('the whole controller is paused by an annotation on its lease, and says who paused it', async (t) => {
  const { world, first } = await givenWorld(t)
  const metadata = {
    name: 'nodemend-controller',
    namespace: 'default',
    annotations: { 'nodemend.dev/paused': 'kim: upgrade' },
  }
  await createObject(world.api, leases, { metadata, spec: {} } as never)
  const half = await world.half('a')
  await world.setCondition(first, 'KernelReady', 'False')
  await world.run(15, half)
  const decision = (await world.repairs())[0]?.decision
  assert.equal(decision?.decidedBy, 'pause')
  assert.match(decision?.gates.find((one) => one.gate === 'pause')?.why ?? '', /kim: upgrade/)
  await deleteObject(world.api, leases, { name: 'nodemend-controller', namespace: 'default' })
  await world.until('it succeeds', 90, [half], phaseOf(world, first, 'Succeeded'))
})

test('the pause fails closed: while the lease cannot be read, nothing starts and what runs is held', async (t) => {
  const { world, first } = await givenWorld(t)
  const { clock, url, token } = world
  const own = connectTo({ server: url, token: () => token }, { clock, random: seededRandom(5) })
  let dark = true
  const kubeletLeases: string[] = []
  const read = ({ verb, resource }: Call): void => {
    if (verb === 'list' && resource.plural === 'leases') kubeletLeases.push(verb)
    if (dark && verb === 'get' && resource.plural === 'leases')
      throw new KubeError('NM_KUBE_FORBIDDEN', 'may not read leases', { call: 'get', status: 403 })
  }
  const half = await world.half('a', { api: tap(own, { read }).api })
  await world.setCondition(first, 'KernelReady', 'False')
  await world.run(15, half)
  const decision = (await world.repairs())[0]?.decision
  assert.equal(decision?.decidedBy, 'pause')
  assert.match(decision?.gates.find((one) => one.gate === 'pause')?.why ?? '', /may not read leases/)
  assert.ok(kubeletLeases.length > 0, 'the kubelet leases are followed all the same')
  dark = false
  await givenPod(world, first, 'web', { labels: { app: 'web' } })
  await givenBudget(world, 'web', { app: 'web' })
  await world.until('the drain begins', 30, [half], phaseOf(world, first, 'Draining'))
  dark = true
  await world.run(6, half) // an answer counts for five seconds
  await deleteObject(world.api, podDisruptionBudgets, { name: 'web', namespace: 'default' })
  await world.run(30, half)
  assert.deepEqual(await podsOn(world, first), ['web'], 'a running drain is held')
  dark = false
  await world.until('it succeeds', 90, [half], phaseOf(world, first, 'Succeeded'))
})
