/** What a drain waits for, obeys and tells: docs/reference/drain.md names the test of each point. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type KubeObject, leases, nodes, podDisruptionBudgets, pods } from '../../../kube/api.ts'
import { KubeError } from '../../../kube/errors.ts'
import { createObject, deleteObject, getObject, patchObject } from '../../../kube/objects.ts'
import { givenBudget, givenCluster, givenPod, phaseOf } from '../../testing/given-cluster.ts'
import { givenOwned, halfWith, whyOf } from '../../testing/given-workload.ts'
import { podsOn, quickPolicy, type TestCluster } from '../../testing/test-cluster.ts'
import { excludeLabel } from '../taint.ts'
import { volumeAttachments } from './volumes.ts'

const withDrain = (drain: object) => ({ ...quickPolicy, drain: { timeout: '2m', ...drain } })
const toEnd = { restartPolicy: 'Never' }
/** A pod that its finaliser keeps as an object, so that a test can look at it. */
const held = { finalizers: ['example.com/hold'] }

async function attach(cluster: TestCluster, node: string, volume: string): Promise<void> {
  const spec = { attacher: 'csi.example', nodeName: node, source: { persistentVolumeName: volume } }
  await createObject(cluster.api, volumeAttachments, { metadata: { name: `va-${volume}` }, spec } as KubeObject)
}

/** A reference to an owner of that kind; what stands for it starts no pod again. */
async function ownedBy(cluster: TestCluster, kind: string): Promise<object> {
  const name = kind.toLowerCase()
  const { metadata } = await createObject<KubeObject>(cluster.api, leases, { metadata: { name, namespace: 'default' } })
  return { apiVersion: 'apps/v1', kind, name, uid: metadata.uid, controller: true }
}

async function labelsOf(cluster: TestCluster, name: string): Promise<Readonly<Record<string, string>>> {
  return (await getObject<KubeObject>(cluster.api, nodes, { name })).metadata.labels ?? {}
}

describe('pods that run to an end of their own', () => {
  test('are waited for until the limit, lend the slot meanwhile, and are evicted then', async (t) => {
    const { cluster, first } = await givenCluster(t, withDrain({ waitForJobs: '40s', blockedAfter: '10s' }))
    await givenOwned(cluster, first, 'train', toEnd)
    await givenPod(cluster, first, 'web')
    const half = await cluster.half('a')
    await cluster.setCondition(first, 'KernelReady', 'False')
    const blocked = await cluster.until('it waits', 40, [half], phaseOf(cluster, first, 'Blocked'))
    assert.match(blocked.drain?.blockers[0]?.reason ?? '', /an end of its own.*\(drain\.waitForJobs\)/)
    assert.deepEqual(await podsOn(cluster, first), ['train'], 'the others leave')
    await cluster.until('it goes on', 60, [half], phaseOf(cluster, first, 'Succeeded'))
  })

  test('one that ends within the limit ends the wait', async (t) => {
    const { cluster, first } = await givenCluster(t, withDrain({ timeout: '1h', waitForJobs: '50m' }))
    await givenOwned(cluster, first, 'train', toEnd)
    const { half, tapped } = await halfWith(cluster, () => undefined)
    await cluster.setCondition(first, 'KernelReady', 'False')
    await cluster.until('the drain begins', 40, [half], phaseOf(cluster, first, 'Draining'))
    await cluster.run(20, half)
    const done = { status: { phase: 'Succeeded' } }
    const ref = { namespace: 'default', name: 'train' }
    await patchObject(cluster.api, pods, ref, done, { type: 'merge', subresource: 'status' })
    await cluster.until('it goes on', 60, [half], phaseOf(cluster, first, 'Succeeded'))
    assert.deepEqual(
      tapped.sent.filter((write) => write.startsWith('evict')),
      [],
    )
  })

  test('without the field they are evicted like any other', async (t) => {
    const { cluster, first } = await givenCluster(t)
    await givenOwned(cluster, first, 'train', toEnd)
    const half = await cluster.half('a')
    await cluster.setCondition(first, 'KernelReady', 'False')
    const done = await cluster.until('it is repaired', 60, [half], phaseOf(cluster, first, 'Succeeded'))
    assert.equal(done.drain?.evicted, 1)
  })
})

describe('volumes', () => {
  test('that are still attached hold the machine until they are detached', async (t) => {
    const { cluster, first } = await givenCluster(t, withDrain({}))
    await attach(cluster, first, 'pv-data')
    const half = await cluster.half('a')
    await cluster.setCondition(first, 'KernelReady', 'False')
    await cluster.until('the drain begins', 40, [half], phaseOf(cluster, first, 'Draining'))
    await cluster.run(60, half)
    assert.equal((await cluster.repairs())[0]?.phase, 'Draining')
    await deleteObject(cluster.api, volumeAttachments, { name: 'va-pv-data' })
    await cluster.until('it goes on', 60, [half], phaseOf(cluster, first, 'Succeeded'))
  })

  test('are waited for as long as the policy says, and named', async (t) => {
    const { cluster, first } = await givenCluster(t, withDrain({ volumes: '20s' }))
    await attach(cluster, first, 'pv-data')
    const half = await cluster.half('a')
    await cluster.setCondition(first, 'KernelReady', 'False')
    const done = await cluster.until('it goes on', 90, [half], phaseOf(cluster, first, 'Succeeded'))
    const committing = done.phases.find((one) => one.phase === 'Committing')
    assert.match(committing?.why ?? '', /volumes are still attached after 20s: pv-data/)
  })

  test('of other nodes, and of pods that stay, hold nothing', async (t) => {
    const { cluster, first, second } = await givenCluster(t, withDrain({}))
    const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }]
    const owner = await ownedBy(cluster, 'DaemonSet')
    await attach(cluster, first, 'pv-daemon')
    await attach(cluster, second, 'pv-other')
    const spec = { nodeName: first, containers: [{ name: 'c', image: 'i' }], volumes }
    const metadata = { name: 'daemon', namespace: 'default', ownerReferences: [owner] }
    const half = await cluster.half('a')
    await cluster.setCondition(first, 'KernelReady', 'False')
    await createObject(cluster.api, pods, { metadata, spec } as never)
    await cluster.until('it is repaired', 30, [half], phaseOf(cluster, first, 'Succeeded'))
  })
})

describe('load balancers', () => {
  test('lose the node before the first eviction, and get it back when the repair is cancelled', async (t) => {
    const { cluster, first } = await givenCluster(t, withDrain({ leaveLoadBalancers: '20s' }))
    await givenPod(cluster, first, 'web')
    const half = await cluster.half('a')
    await cluster.setCondition(first, 'KernelReady', 'False')
    const { name } = await cluster.until('the drain begins', 40, [half], phaseOf(cluster, first, 'Draining'))
    assert.equal((await labelsOf(cluster, first))[excludeLabel], name)
    await cluster.run(15, half)
    assert.deepEqual(await podsOn(cluster, first), ['web'])
    await cluster.setCondition(first, 'KernelReady', 'True')
    await cluster.until('it is cancelled', 10, [half], phaseOf(cluster, first, 'Cancelled'))
    assert.equal((await labelsOf(cluster, first))[excludeLabel], undefined)
    assert.deepEqual(await podsOn(cluster, first), ['web'])
  })

  test('a label of somebody else stays theirs', async (t) => {
    const { cluster, first } = await givenCluster(t, withDrain({ leaveLoadBalancers: '1s' }))
    await givenPod(cluster, first, 'web', { labels: { app: 'web' } })
    await givenBudget(cluster, 'web', { app: 'web' })
    const labels = { [excludeLabel]: 'theirs' }
    await patchObject(cluster.api, nodes, { name: first }, { metadata: { labels } }, { type: 'merge' })
    const half = await cluster.half('a')
    await cluster.setCondition(first, 'KernelReady', 'False')
    await cluster.until('the drain begins', 40, [half], phaseOf(cluster, first, 'Draining'))
    await cluster.setCondition(first, 'KernelReady', 'True')
    await cluster.until('it is cancelled', 10, [half], phaseOf(cluster, first, 'Cancelled'))
    assert.equal((await labelsOf(cluster, first))[excludeLabel], 'theirs')
  })
})

describe('what is said beforehand', () => {
  test('the record of the admission names the pods that budgets will keep, and their budgets', async (t) => {
    const { cluster, first } = await givenCluster(t, withDrain({}))
    for (const name of ['db', 'web']) await givenPod(cluster, first, name, { labels: { app: name } })
    await givenBudget(cluster, 'db', { app: 'db' })
    await givenBudget(cluster, 'web', { app: 'web' })
    const matchExpressions = [{ key: 'app', operator: 'In', values: ['web', 'other'] }]
    const second = { maxUnavailable: 1, selector: { matchExpressions } }
    const metadata = { name: 'every-web', namespace: 'default' }
    await createObject(cluster.api, podDisruptionBudgets, { metadata, spec: second } as never)
    await cluster.run(3)
    const half = await cluster.half('a')
    await cluster.setCondition(first, 'KernelReady', 'False')
    const draining = await cluster.until('the drain begins', 40, [half], phaseOf(cluster, first, 'Draining'))
    const why = draining.phases.find((one) => one.phase === 'Preparing')?.why ?? ''
    assert.match(why, /its drain will wait for default\/db \(budget db\)/)
    assert.match(why, /default\/web \(2 budgets: every-web and web\)/)
    await cluster.run(3, half)
    const [record] = await cluster.repairs()
    const web = record?.drain?.blockers.find((one) => one.pod === 'default/web')
    assert.deepEqual(web?.budgets, ['every-web', 'web'], 'the server names none of two')
  })

  test('a budget that would let an unready pod go under another policy says so', async (t) => {
    const { cluster, first } = await givenCluster(t, withDrain({}))
    await givenPod(cluster, first, 'web', { labels: { app: 'web' } })
    const spec = { minAvailable: 5, selector: { matchLabels: { app: 'web' } } }
    const metadata = { name: 'web', namespace: 'default' }
    await createObject(cluster.api, podDisruptionBudgets, { metadata, spec } as never)
    await cluster.run(3)
    const unready = { status: { conditions: [{ type: 'Ready', status: 'False' }] } }
    const ref = { namespace: 'default', name: 'web' }
    await patchObject(cluster.api, pods, ref, unready, { type: 'strategic', subresource: 'status' })
    const half = await cluster.half('a')
    await cluster.setCondition(first, 'KernelReady', 'False')
    await cluster.until('the drain begins', 40, [half], phaseOf(cluster, first, 'Draining'))
    await cluster.run(3, half)
    const [record] = await cluster.repairs()
    assert.match(record?.drain?.blockers[0]?.reason ?? '', /not ready: unhealthyPodEvictionPolicy: AlwaysAllow of web/)
  })

  test('an annotation that nobody can read protects nothing, and is told', async (t) => {
    const { cluster, first } = await givenCluster(t)
    await givenPod(cluster, first, 'batch', { annotations: { 'karpenter.sh/do-not-disrupt': '2 hours' } })
    const half = await cluster.half('a')
    await cluster.setCondition(first, 'KernelReady', 'False')
    const done = await cluster.until('it is repaired', 60, [half], phaseOf(cluster, first, 'Succeeded'))
    assert.match(done.drain?.notes?.join() ?? '', /default\/batch: annotation \S+=2 hours protects nothing/)
  })
})

test('a Job is not charged for a pod that was deleted by force', async (t) => {
  const drain = { timeout: '10s', onTimeout: 'ForceDelete', pdb: 'RespectUntilDeadline' }
  const { cluster, first } = await givenCluster(t, withDrain(drain))
  await givenOwned(cluster, first, 'train', toEnd, held)
  await givenBudget(cluster, 'train', { app: 'train' })
  await cluster.run(3)
  const half = await cluster.half('a')
  await cluster.setCondition(first, 'KernelReady', 'False')
  const ref = { namespace: 'default', name: 'train' }
  const read = () => getObject<KubeObject & { status?: { conditions?: { type: string }[] } }>(cluster.api, pods, ref)
  const ending = async () => ((await read()).metadata.deletionTimestamp ? read() : undefined)
  const pod = await cluster.until('it is deleted', 40, [half], ending)
  const target = pod.status?.conditions?.find((one) => one.type === 'DisruptionTarget')
  assert.partialDeepStrictEqual(target, { status: 'True', reason: 'DeletionByNodeRepair' })
})

test('a pod that a finaliser keeps is named with it, and the finaliser stays', async (t) => {
  const { cluster, first } = await givenCluster(t, withDrain({ timeout: '100s' }))
  await givenOwned(cluster, first, 'web', {}, held)
  const half = await cluster.half('a')
  await cluster.setCondition(first, 'KernelReady', 'False')
  const failed = await cluster.until('it fails', 150, [half], phaseOf(cluster, first, 'Failed'))
  assert.match(failed.drain?.blockers[0]?.reason ?? '', /finalizer example\.com\/hold holds it/)
  const left = await getObject<KubeObject>(cluster.api, pods, { namespace: 'default', name: 'web' })
  assert.deepEqual(left.metadata.finalizers, ['example.com/hold'])
})

test('a Retry-After of the API server is obeyed, and no budget is blamed', async (t) => {
  const { cluster, first } = await givenCluster(t, withDrain({}))
  await givenPod(cluster, first, 'web')
  await cluster.run(3)
  const at: number[] = []
  const { half } = await halfWith(cluster, () => {
    at.push(cluster.clock.now())
    if (at.length > 1) return undefined
    return new KubeError('NM_KUBE_THROTTLED', 'too many', { call: 'evict', status: 429, retryAfterMs: 40_000 })
  })
  await cluster.setCondition(first, 'KernelReady', 'False')
  const done = await cluster.until('it is repaired', 150, [half], phaseOf(cluster, first, 'Succeeded'))
  assert.equal(at.length, 2)
  assert.ok((at[1] ?? 0) - (at[0] ?? 0) >= 40_000, `asked again after ${(at[1] ?? 0) - (at[0] ?? 0)} ms`)
  assert.doesNotMatch(done.phases.map((one) => one.why).join(), /budget/)
})

test('pods of one StatefulSet with volumes leave one after the other where the policy says so', async (t) => {
  const { cluster, first } = await givenCluster(t, withDrain({ oneByOne: true, volumes: '1s' }))
  const owner = await ownedBy(cluster, 'StatefulSet')
  const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }]
  const spec = { nodeName: first, terminationGracePeriodSeconds: 5, containers: [{ name: 'c', image: 'i' }], volumes }
  const { half } = await halfWith(cluster, () => undefined)
  await cluster.setCondition(first, 'KernelReady', 'False')
  for (const name of ['db-0', 'db-1', 'db-2']) {
    const metadata = { name, namespace: 'default', ownerReferences: [owner], finalizers: ['example.com/hold'] }
    await createObject(cluster.api, pods, { metadata, spec } as never)
  }
  await cluster.until('the drain begins', 40, [half], phaseOf(cluster, first, 'Draining'))
  await cluster.run(5, half)
  const leaving = async (): Promise<readonly string[]> => {
    const all = await Promise.all(
      ['db-0', 'db-1', 'db-2'].map((name) => getObject<KubeObject>(cluster.api, pods, { namespace: 'default', name })),
    )
    return all.flatMap(({ metadata }) => (metadata.deletionTimestamp ? [metadata.name ?? ''] : []))
  }
  assert.deepEqual(await leaving(), ['db-0'])
  const [record] = await cluster.repairs()
  assert.equal(record?.drain?.remaining, 3, whyOf(record))
})
