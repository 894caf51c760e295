/** Life-cycle conditions on nodes under repair (KEP-5683), through a whole small cluster. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { nodes } from '../kube/api.ts'
import { connectTo } from '../kube/connect.ts'
import { KubeError } from '../kube/errors.ts'
import { listObjects } from '../kube/objects.ts'
import { isOwnLifecycle, lifecycleTypes, ownLifecycleReason } from '../model/node-lifecycle.ts'
import { phases } from '../model/repair.ts'
import { tap } from '../providers/testing/tap.ts'
import { seededRandom } from '../telemetry/clock.ts'
import { lifecycleChanges, wantedConditions } from './act/lifecycle/lifecycle.ts'
import { decide } from './decide/decide.ts'
import type { NodeObject } from './observe/seen.ts'
import { givenAttempt, givenCondition, givenNode, givenPolicy, givenSnapshot, hour, noon } from './testing/given.ts'
import { type Context, givenBudget, givenCluster, givenPod, phaseOf } from './testing/given-cluster.ts'
import { whyOf } from './testing/given-workload.ts'
import { quickPolicy, type TestCluster } from './testing/test-cluster.ts'

const long = { ...quickPolicy, drain: { timeout: '1h', blockedAfter: '30m' } }

/** Types of the life-cycle conditions that are True on the node, sorted. */
async function carriedBy(cluster: TestCluster, name: string): Promise<readonly string[]> {
  const node = (await listObjects<NodeObject>(cluster.api, nodes)).items.find((one) => one.metadata.name === name)
  const known: readonly string[] = [...lifecycleTypes, 'GracefulNodeShutdownInProgress']
  return (node?.status?.conditions ?? [])
    .filter(({ type, status }) => known.includes(type) && status === 'True')
    .map(({ type }) => type)
    .sort()
}

async function draining(t: Context) {
  const { cluster, first } = await givenCluster(t, long)
  await givenPod(cluster, first, 'web', { labels: { app: 'web' } })
  await givenBudget(cluster, 'web', { app: 'web' })
  await cluster.run(3)
  const half = await cluster.half('a')
  await cluster.setCondition(first, 'KernelReady', 'False')
  await cluster.until('it drains', 30, [half], phaseOf(cluster, first, 'Draining'))
  await cluster.run(1, half)
  return { cluster, first, half }
}

describe('each step', () => {
  test('a drain is said, and taken back when the fault clears', async (t) => {
    const { cluster, first, half } = await draining(t)
    assert.deepEqual(await carriedBy(cluster, first), ['DrainInProgress', 'MaintenancePlanned'])
    await cluster.setCondition(first, 'KernelReady', 'True')
    await cluster.until('it is put back', 30, [half], phaseOf(cluster, first, 'Cancelled'))
    assert.deepEqual(await carriedBy(cluster, first), [])
  })

  test('our own conditions stop no repair: it reboots, says so, and takes it back', async (t) => {
    const { cluster, first } = await givenCluster(t, { ...quickPolicy, action: 'Reboot', restraint: { dwell: '30s' } })
    const half = await cluster.half('a')
    await cluster.setCondition(first, 'KernelReady', 'False')
    const seen = new Set<string>()
    await cluster.until('it reboots', 60, [half], async () => {
      for (const type of await carriedBy(cluster, first)) seen.add(type)
      return phaseOf(cluster, first, 'Observing')().then(
        async (one) => one ?? (await phaseOf(cluster, first, 'Dwelling')()),
      )
    })
    for (const type of await carriedBy(cluster, first)) seen.add(type)
    assert.ok(seen.has('MaintenanceInProgress'), [...seen].join())
    await cluster.setCondition(first, 'KernelReady', 'True')
    await cluster.until('it ends', 600, [half], async () =>
      (await cluster.repairs()).find((one) => one.phase === 'Succeeded' || one.phase === 'Failed'),
    )
    assert.deepEqual(await carriedBy(cluster, first), [])
  })

  test('what a crash left behind is taken back by the next controller', async (t) => {
    const { cluster, second } = await givenCluster(t)
    await cluster.setCondition(second, 'Drained', 'True', ownLifecycleReason)
    const half = await cluster.half('a')
    await cluster.run(2, half)
    assert.deepEqual(await carriedBy(cluster, second), [])
  })
})

describe('those of others', () => {
  for (const type of ['DrainInProgress', 'MaintenanceInProgress', 'GracefulNodeShutdownInProgress']) {
    test(`${type} of somebody else holds the repair, and stays`, async (t) => {
      const { cluster, first } = await givenCluster(t)
      await cluster.setCondition(first, type, 'True', 'AdminRequested')
      const half = await cluster.half('a')
      await cluster.setCondition(first, 'KernelReady', 'False')
      await cluster.run(30, half)
      const [repair] = await cluster.repairs()
      assert.equal(repair?.phase, 'Pending')
      assert.equal(repair?.decision?.decidedBy, 'foreign-owner')
      assert.deepEqual(await carriedBy(cluster, first), [type])
    })
  }

  test('one that comes in mid-drain ends our repair, and ours alone are taken back', async (t) => {
    const { cluster, first, half } = await draining(t)
    await cluster.setCondition(first, 'MaintenanceInProgress', 'True', 'AdminRequested')
    const ended = await cluster.until('it is put back', 30, [half], phaseOf(cluster, first, 'Cancelled'))
    assert.match(whyOf(ended), /somebody maintains it \(condition MaintenanceInProgress/)
    assert.deepEqual(await carriedBy(cluster, first), ['MaintenanceInProgress'])
  })

  test('the NotReady of a graceful shutdown is no fault, and one of a dead kubelet is', () => {
    const policy = givenPolicy({ match: [{ condition: 'Ready', status: 'False' }] })
    const answerTo = (message: string) => {
      const node = { ...givenNode('a'), conditions: [givenCondition('Ready', 'False', { message })] }
      const snapshot = givenSnapshot({ nodes: [node, givenNode('spare')] })
      const sighting = { policy: 'kernel', condition: 'Ready', status: 'False', reason: 'ReadyReason', since: noon }
      const record = givenAttempt(node, { sightings: [sighting as never] })
      const [decision] = decide(snapshot, [policy], [record], noon + 2 * hour)
      return decision?.gates.find((one) => one.gate === 'foreign-owner')
    }
    const shutdown = answerTo('[container runtime is down, node is shutting down]')
    assert.equal(shutdown?.answer, 'refuse')
    assert.match(shutdown?.why ?? '', /shuts it down in order .*no fault/)
    assert.equal(answerTo('PLEG is not healthy')?.answer, 'allow')
  })
})

test('without the right to write them, a repair goes on, and they are not asked for again at once', async (t) => {
  const { cluster, first } = await givenCluster(t)
  let asked = 0
  const own = connectTo(
    { server: cluster.url, token: () => cluster.token },
    { clock: cluster.clock, random: seededRandom(5) },
  )
  const { api } = tap(own, {
    before: (_write, { resource, subresource, verb }) => {
      if (resource.plural !== 'nodes' || subresource !== 'status' || verb !== 'patch') return
      asked++
      throw new KubeError('NM_KUBE_FORBIDDEN', 'no', { call: 'patch', status: 403 })
    },
  })
  const half = await cluster.half('a', { api })
  await cluster.setCondition(first, 'KernelReady', 'False')
  await cluster.until('it ends', 60, [half], phaseOf(cluster, first, 'Succeeded'))
  assert.ok(asked === 1 || asked === 2, `${asked}`)
})

describe('limits', () => {
  const plan = { action: 'Reboot', condition: 'KernelReady', status: 'False' }

  test('no phase asks for GracefulNodeShutdownInProgress, and none that is over asks for anything', () => {
    for (const phase of phases) {
      const wanted = wantedConditions(givenAttempt(givenNode('a'), { phase, plan: plan as never }))
      for (const { type } of wanted) assert.ok(lifecycleTypes.includes(type))
      if (['Pending', 'Succeeded', 'Failed', 'Cancelled'].includes(phase)) assert.deepEqual(wanted, [])
    }
  })

  test('property: what another holds True is neither written nor removed, and a second look changes nothing', () => {
    const carried = fc.array(
      fc.record({
        type: fc.constantFrom(...lifecycleTypes, 'GracefulNodeShutdownInProgress', 'Ready'),
        status: fc.constantFrom('True', 'False', 'Unknown'),
        reason: fc.constantFrom(ownLifecycleReason, 'AdminRequested', ''),
        message: fc.constantFrom('m', 'other'),
      }),
    )
    const given = fc.record({ carried, phase: fc.constantFrom(...phases), remaining: fc.nat(2) })
    fc.assert(
      fc.property(given, ({ carried: many, phase, remaining }) => {
        const before = [...new Map(many.map((one) => [one.type, one])).values()] as never as {
          type: string
          status: 'True'
          reason: string
          message: string
        }[]
        const drain = { startedAt: noon, deadline: noon, evicted: 0, remaining, blockers: [], leftBehind: [] }
        const wanted = wantedConditions(givenAttempt(givenNode('a'), { phase, plan: plan as never, drain }))
        const { write, remove } = lifecycleChanges(before, wanted)
        const touched: readonly string[] = [...write.map(({ type }) => type), ...remove]
        for (const one of before) {
          if (one.status === 'True' && !isOwnLifecycle(one)) assert.ok(!touched.includes(one.type), one.type)
        }
        assert.ok(!touched.includes('GracefulNodeShutdownInProgress'))
        const after = [
          ...before.filter(({ type }) => !touched.includes(type)),
          ...write.map((one) => ({ ...one, status: 'True' as const, reason: ownLifecycleReason })),
        ]
        const again = lifecycleChanges(after, wanted)
        assert.deepEqual([again.write, again.remove], [[], []])
      }),
    )
  })
})
