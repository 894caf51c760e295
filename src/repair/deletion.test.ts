/** A person deletes a NodeRepair: before the commit that cancels, after it nothing is lost. At whatever instant. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Call, leases, nodeRepairs, nodes } from '../kube/api.ts'
import { connectTo } from '../kube/connect.ts'
import { isKubeError } from '../kube/errors.ts'
import { createObject, deleteObject } from '../kube/objects.ts'
import { isFinished } from '../model/repair.ts'
import { noAnswer, type TapOptions, tap } from '../providers/testing/tap.ts'
import { seededRandom } from '../telemetry/clock.ts'
import { type Context, givenBudget, givenCluster, givenPod, phaseOf } from './testing/given-cluster.ts'
import { type Half, quickPolicy, startTestCluster, type TestCluster } from './testing/test-cluster.ts'

/** Deletes what records there are, as `kubectl delete noderepairs --all --wait=false` would. */
async function deleteRecords(cluster: TestCluster): Promise<void> {
  for (const { name } of await cluster.repairs()) {
    await deleteObject(cluster.api, nodeRepairs, { name }).catch((error: unknown) => {
      if (!isKubeError(error, 'NM_KUBE_NOT_FOUND')) throw error
    })
  }
}

const taintsOf = async (cluster: TestCluster, name: string): Promise<readonly string[]> =>
  ((await cluster.nodes()).find((one) => one.metadata.name === name)?.spec?.taints ?? []).map((taint) => taint.key)

/** A drain that a budget holds up. */
async function givenDrain(
  t: Context,
  spec: object = quickPolicy,
): Promise<{ cluster: TestCluster; half: Half; sick: string }> {
  const { cluster, first } = await givenCluster(t, spec)
  await givenPod(cluster, first, 'web', { labels: { app: 'web' } })
  await givenBudget(cluster, 'web', { app: 'web' })
  const half = await cluster.half('a')
  await cluster.setCondition(first, 'KernelReady', 'False')
  await cluster.until('the drain begins', 30, [half], phaseOf(cluster, first, 'Draining'))
  return { cluster, half, sick: first }
}

describe('before the commit', () => {
  test('the node is put back and the record goes; still sick, it is tolerated from the beginning', async (t) => {
    const { cluster, half, sick } = await givenDrain(t, { ...quickPolicy, toleration: '20s' })
    assert.deepEqual(await taintsOf(cluster, sick), ['nodemend.dev/repairing'])
    const [before] = await cluster.repairs()
    const deletedAt = cluster.clock.now()
    await deleteRecords(cluster)
    await cluster.run(2, half)
    assert.deepEqual(await taintsOf(cluster, sick), [])
    const cancelled = half.events.find((one) => one.reason === 'RepairCancelled')
    assert.match(cancelled?.message ?? '', /somebody deleted its NodeRepair/)
    await cluster.run(1, half)
    const [after] = await cluster.repairs()
    assert.equal(after?.phase, 'Pending')
    assert.notEqual(after?.createdAt, before?.createdAt)
    assert.ok((after?.sightings[0]?.since ?? 0) >= deletedAt, 'the toleration starts anew')
  })

  test('a pause of the whole controller is not in its way', async (t) => {
    const { cluster, half, sick } = await givenDrain(t)
    const annotations = { 'nodemend.dev/paused': 'kim: upgrade' }
    const lease = { metadata: { name: 'nodemend-controller', namespace: 'default', annotations }, spec: {} }
    await createObject(cluster.api, leases, lease as never)
    await cluster.run(8, half)
    assert.deepEqual(await taintsOf(cluster, sick), ['nodemend.dev/repairing'], 'the pause holds the drain')
    await deleteRecords(cluster)
    await cluster.run(2, half)
    assert.deepEqual(await taintsOf(cluster, sick), [])
  })

  test('vetoed first, nothing starts again: that is how to stop for good', async (t) => {
    const { cluster, half, sick } = await givenDrain(t)
    await cluster.annotate(nodes, sick, { 'nodemend.dev/veto': 'kim: looking at it' })
    await deleteRecords(cluster)
    await cluster.run(60, half)
    assert.deepEqual(await taintsOf(cluster, sick), [])
    assert.deepEqual(
      (await cluster.repairs()).map((one) => [one.phase, one.decision?.decidedBy]),
      [['Pending', 'veto']],
    )
  })

  test('a record that only waits has no finaliser: without a controller it goes at once', async (t) => {
    const { cluster, first } = await givenCluster(t, { ...quickPolicy, mode: 'Observe' })
    const half = await cluster.half('a')
    await cluster.setCondition(first, 'KernelReady', 'False')
    await cluster.until('it is on record', 10, [half], phaseOf(cluster, first, 'Pending'))
    await half.kill()
    await deleteRecords(cluster)
    assert.deepEqual(await cluster.repairs(), [])
  })
})

test('an admission that did not get through leaves no finaliser behind', async (t) => {
  const { cluster, first } = await givenCluster(t)
  const before = (_write: string, { body }: Call): void => {
    if ((body as { status?: { phase?: string } } | undefined)?.status?.phase === 'Preparing') throw noAnswer()
  }
  const tapOfA = tapped(cluster, { before })
  const half = await cluster.half('a', { api: tapOfA.api })
  await cluster.setCondition(first, 'KernelReady', 'False')
  await cluster.run(10, half)
  assert.ok(
    tapOfA.sent.some((write) => write.startsWith('patch noderepairs')),
    'the finaliser was put on',
  )
  assert.deepEqual(
    (await cluster.repairs()).map((one) => [one.phase, one.guarded]),
    [['Pending', false]],
  )
})

describe('after the commit', () => {
  test('what has begun goes on and says so once; the record goes when it has ended', async (t) => {
    const { cluster, first } = await givenCluster(t)
    const half = await cluster.half('a')
    await cluster.setCondition(first, 'KernelReady', 'False')
    await cluster.until('it has begun', 60, [half], async () => {
      const [record] = await cluster.repairs()
      return record?.phases.some((one) => one.phase === 'Acting') || undefined
    })
    await deleteRecords(cluster)
    await cluster.run(2, half)
    assert.equal((await cluster.repairs()).length, 1, 'it is guarded')
    await cluster.until('the record goes', 60, [half], async () => (await cluster.repairs()).length === 0 || undefined)
    assert.equal(half.events.filter((one) => one.reason === 'RepairGoesOn').length, 1)
    assert.equal(half.events.filter((one) => one.reason === 'RepairSucceeded').length, 1)
    assert.equal((await cluster.nodes()).length, 4)
    assert.ok(!(await cluster.nodes()).some((one) => one.metadata.name === first))
  })

  test('committed, but certainly not begun: it is still taken back', async (t) => {
    const { cluster, first } = await givenCluster(t)
    const before = (write: string): void => {
      if (write === `delete nodes ${first}`) throw noAnswer()
    }
    const half = await cluster.half('a', { api: tapped(cluster, { before }).api })
    await cluster.setCondition(first, 'KernelReady', 'False')
    await cluster.until('it commits', 60, [half], phaseOf(cluster, first, 'Committing'))
    await deleteRecords(cluster)
    await cluster.run(2, half)
    assert.deepEqual(await taintsOf(cluster, first), [])
    assert.ok(half.events.some((one) => one.reason === 'RepairCancelled'))
  })
})

function tapped(cluster: TestCluster, options: TapOptions) {
  const { clock, url, token } = cluster
  return tap(connectTo({ server: url, token: () => token }, { clock, random: seededRandom(3) }), options)
}

describe('at every write of a repair', () => {
  test('a person deletes the record, and the controller may end at the next write: one machine is replaced', async (t) => {
    const writes = await playDeletion(t, Number.POSITIVE_INFINITY, false)
    assert.ok(writes.length >= 12, writes.join('\n'))
    for (let at = 0; at < writes.length; at++) {
      for (const dies of [false, true]) await playDeletion(t, at, dies)
    }
  })
})

/** One sick node, its record deleted right after write `at`; with `dies`, no later write is answered. Answers the writes. */
async function playDeletion(t: Context, at: number, dies: boolean): Promise<readonly string[]> {
  const cluster = await startTestCluster()
  t.after(() => cluster.stop())
  await cluster.policy('kernel', quickPolicy)
  const [sick = '', ...others] = (await cluster.nodes()).map((one) => one.metadata.name ?? '')
  await cluster.setCondition(sick, 'KernelReady', 'False')
  let dead = false
  const first = tapped(cluster, {
    before: () => {
      if (dead) throw noAnswer()
    },
    after: async (_write, _call, count) => {
      if (count !== at) return
      await deleteRecords(cluster)
      dead = dies
    },
  })
  const a = await cluster.half('a', { api: first.api })
  for (let seconds = 0; seconds < 60 && !dead; seconds++) await cluster.run(1, a)
  if (dies) await a.kill()
  const half = dies ? await cluster.half('b', { leadership: { fencingToken: 2 } }) : a
  await cluster.until(`all is well after a deletion at write ${at}`, 180, [half], async () => {
    const all = await cluster.nodes()
    const calm = (await cluster.repairs()).every((one) => isFinished(one.phase) && !one.guarded)
    return (calm && all.length === 4 && !all.some((one) => one.metadata.name === sick)) || undefined
  })
  const after = await cluster.nodes()
  const names = after.map((one) => one.metadata.name ?? '')
  assert.deepEqual(
    others.filter((name) => !names.includes(name)),
    [],
    `a healthy node was taken at write ${at}`,
  )
  for (const node of after) assert.deepEqual(node.spec?.taints ?? [], [], `write ${at}`)
  return first.sent
}
