/** Kind 3 and L12: pods that would be lost with the machine are asked about, told to end, or named. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type KubeObject, nodeClaims, nodes } from '../kube/api.ts'
import { createObject, patchObject } from '../kube/objects.ts'
import { nodeClaimDefinition } from '../providers/karpenter/testing/definition.ts'
import { Drainer } from './act/drain/run.ts'
import { givenAttempt, givenNode, givenPolicy } from './testing/given.ts'
import { givenBudget, givenCluster, givenPod, phaseOf } from './testing/given-cluster.ts'
import { givenOwned, givenOwner, halfWith, toleratesAll, whyOf } from './testing/given-workload.ts'
import { podsOn, quickPolicy, startTestCluster } from './testing/test-cluster.ts'

const short = { ...quickPolicy, drain: { timeout: '25s', pdb: 'Respect' } }
const uidOf = async (cluster: { nodes(): Promise<readonly KubeObject[]> }, name: string) =>
  (await cluster.nodes()).find((one) => one.metadata.name === name)?.metadata.uid

describe('kind 3: what tolerates our taint', () => {
  test('under a budget that allows nothing, the machine stays, and pod and budget are named', async (t) => {
    const { cluster, first } = await givenCluster(t, short)
    await givenOwned(cluster, first, 'db', { tolerations: toleratesAll })
    await givenBudget(cluster, 'db', { app: 'db' })
    await cluster.run(3)
    const uid = await uidOf(cluster, first)
    const half = await cluster.half('a')
    await cluster.setCondition(first, 'KernelReady', 'False')
    const failed = await cluster.until('it fails', 90, [half], phaseOf(cluster, first, 'Failed'))
    assert.deepEqual(
      failed.drain?.blockers.map((one) => [one.pod, one.kind, one.budgets]),
      [['default/db', 'budget', ['db']]],
    )
    assert.equal(await uidOf(cluster, first), uid)
  })

  test('with do-not-disrupt, the machine stays, and the annotation is named', async (t) => {
    const { cluster, first } = await givenCluster(t, short)
    const annotations = { 'karpenter.sh/do-not-disrupt': 'true' }
    await givenOwned(cluster, first, 'job', { tolerations: toleratesAll }, { annotations })
    await cluster.run(3)
    const half = await cluster.half('a')
    await cluster.setCondition(first, 'KernelReady', 'False')
    const failed = await cluster.until('it fails', 90, [half], phaseOf(cluster, first, 'Failed'))
    assert.deepEqual(
      failed.drain?.blockers.map((one) => [one.pod, one.kind]),
      [['default/job', 'protected']],
    )
  })

  test('without a protection it is told to end before the machine goes, and after the others', async (t) => {
    const { cluster, first } = await givenCluster(t)
    await givenOwned(cluster, first, 'last', { tolerations: toleratesAll })
    await givenOwned(cluster, first, 'web')
    await cluster.run(3)
    const { half, tapped } = await halfWith(cluster, () => undefined)
    await cluster.setCondition(first, 'KernelReady', 'False')
    const done = await cluster.until('it is repaired', 90, [half], phaseOf(cluster, first, 'Succeeded'))
    assert.deepEqual(
      tapped.sent.filter((write) => write.startsWith('evict')),
      ['evict pods/eviction web', 'evict pods/eviction last'],
    )
    assert.equal(done.drain?.evicted, 2)
  })

  test('one that its owner starts on the node again is evicted once, and left with its reason', async (t) => {
    const { cluster, first } = await givenCluster(t)
    await givenOwner(cluster, 'stay', { spec: { nodeName: first, tolerations: toleratesAll } })
    await cluster.run(5)
    const half = await cluster.half('a')
    await cluster.setCondition(first, 'KernelReady', 'False')
    const done = await cluster.until('it is repaired', 90, [half], phaseOf(cluster, first, 'Succeeded'))
    assert.equal(done.drain?.evicted, 1)
    assert.match(done.drain?.leftBehind.join() ?? '', /default\/stay-\S+: tolerates our taint and came back/)
  })

  test('a reboot leaves it on the node, but its budget is asked all the same', async (t) => {
    const { action: _, ...rest } = short
    const { cluster, first } = await givenCluster(t, { ...rest, ladder: [{ action: 'Reboot' }] })
    await givenOwned(cluster, first, 'db', { tolerations: toleratesAll })
    await givenBudget(cluster, 'db', { app: 'db' })
    await cluster.run(3)
    const half = await cluster.half('a')
    await cluster.setCondition(first, 'KernelReady', 'False')
    const failed = await cluster.until('it fails', 90, [half], phaseOf(cluster, first, 'Failed'))
    assert.deepEqual(failed.drain?.blockers[0]?.budgets, ['db'])
  })

  test('a reboot without a protection evicts it not: it would come straight back', async (t) => {
    const { action: _, ...rest } = quickPolicy
    const { cluster, first } = await givenCluster(t, { ...rest, ladder: [{ action: 'Reboot' }] })
    await givenOwned(cluster, first, 'agent', { tolerations: toleratesAll })
    await cluster.run(3)
    const half = await cluster.half('a')
    await cluster.setCondition(first, 'KernelReady', 'False')
    const booted = await cluster.until('it has booted', 60, [half], phaseOf(cluster, first, 'Dwelling'))
    assert.equal(booted.drain?.evicted, 0)
    assert.deepEqual(await podsOn(cluster, first), ['agent'])
  })
})

describe('kind 3: what the provider waits for after the commit is seen before', () => {
  const given = async (
    t: { after(run: () => Promise<void>): void },
    annotations: Record<string, string>,
    more: readonly object[] = [],
  ) => {
    const cluster = await startTestCluster({ groups: [{ name: 'pool', size: 4, replaceMs: 2_000 }] }, [
      nodeClaimDefinition,
    ])
    t.after(() => cluster.stop())
    await cluster.policy('kernel', { ...short, provider: 'karpenter' })
    const [node] = await cluster.nodes()
    const { name = '' } = node?.metadata ?? {}
    await patchObject(
      cluster.api,
      nodes,
      { name },
      { metadata: { labels: { 'karpenter.sh/nodepool': 'gpu' } } },
      { type: 'merge' },
    )
    const status = { providerID: node?.spec?.providerID, nodeName: name }
    await createObject(cluster.api, nodeClaims, { metadata: { name: 'claim' }, status } as KubeObject)
    await patchObject(cluster.api, nodeClaims, { name: 'claim' }, { status }, { type: 'merge', subresource: 'status' })
    // The modelled controller of DaemonSets takes its pods off a node with an untolerated NoSchedule taint; a real one does not.
    const tolerations = [{ key: 'nodemend.dev/repairing', operator: 'Exists' }, ...more]
    await givenOwner(cluster, 'storage', { kind: 'DaemonSet', annotations, spec: { tolerations } })
    await cluster.run(5)
    const half = await cluster.half('a', { providers: ['karpenter', 'embedded'], karpenterNodeRepair: 'off' })
    await cluster.setCondition(name, 'KernelReady', 'False')
    return { cluster, half, name }
  }

  test('a DaemonSet pod with do-not-disrupt blocks', async (t) => {
    const { cluster, half, name } = await given(t, { 'karpenter.sh/do-not-disrupt': 'true' })
    const failed = await cluster.until('it fails', 120, [half], phaseOf(cluster, name, 'Failed'))
    assert.match(failed.drain?.blockers[0]?.pod ?? '', /^default\/storage-/)
    assert.match(whyOf(failed), /storage-\S+ in the way/)
  })

  test('a DaemonSet pod under a budget that allows nothing blocks', async (t) => {
    const { cluster, half, name } = await given(t, {})
    await givenBudget(cluster, 'storage', { app: 'storage' })
    const failed = await cluster.until('it fails', 120, [half], phaseOf(cluster, name, 'Failed'))
    assert.deepEqual(failed.drain?.blockers[0]?.budgets, ['storage'])
  })

  test('one that tolerates the taint of the provider is not waited for, and blocks nothing', async (t) => {
    const tolerations = [{ key: 'karpenter.sh/disrupted', operator: 'Exists' }]
    const { cluster, half, name } = await given(t, { 'karpenter.sh/do-not-disrupt': 'true' }, tolerations)
    await cluster.until('it is committed', 120, [half], phaseOf(cluster, name, 'Acting'))
  })
})

describe('L12', () => {
  test('pods pinned by nodeName are a blocker, and evicted at most three times in a minute', async (t) => {
    const { cluster, first } = await givenCluster(t, { ...quickPolicy, drain: { timeout: '10m', blockedAfter: '20s' } })
    await givenOwner(cluster, 'pinned', { spec: { nodeName: first } })
    await cluster.run(5)
    const { half, tapped } = await halfWith(cluster, () => undefined)
    await cluster.setCondition(first, 'KernelReady', 'False')
    await cluster.until('the drain begins', 30, [half], phaseOf(cluster, first, 'Draining'))
    await cluster.run(60, half)
    const evictions = tapped.sent.filter((write) => write.startsWith('evict')).length
    assert.ok(evictions >= 1 && evictions <= 3, `${evictions} evictions`)
    const [blocker] = (await cluster.repairs())[0]?.drain?.blockers ?? []
    assert.equal(blocker?.kind, 'returned')
    assert.match(blocker?.reason ?? '', /its ReplicaSet started it on the node again/)
  })

  test('a leader that takes over knows that the pod came after the taint', async (t) => {
    const { cluster, first } = await givenCluster(t, { ...quickPolicy, drain: { timeout: '10m', blockedAfter: '20s' } })
    await givenOwner(cluster, 'pinned', { spec: { nodeName: first } })
    await cluster.run(5)
    const one = await cluster.half('a')
    await cluster.setCondition(first, 'KernelReady', 'False')
    await cluster.until('the drain begins', 30, [one], phaseOf(cluster, first, 'Draining'))
    await cluster.run(40, one)
    await one.kill()
    const other = await cluster.half('b', { leadership: { fencingToken: 2 } })
    await cluster.run(5, other)
    assert.ok(['Draining', 'Blocked'].includes((await cluster.repairs())[0]?.phase ?? ''))
  })

  test('a bare pod is on record before it is evicted', async (t) => {
    const { cluster, first } = await givenCluster(t)
    await givenPod(cluster, first, 'bare')
    await cluster.run(3)
    let named: readonly string[] | undefined
    const { half } = await halfWith(cluster, () => undefined)
    await cluster.setCondition(first, 'KernelReady', 'False')
    await cluster.until('it is named', 30, [half], async () => {
      const [repair] = await cluster.repairs()
      named ??= (await podsOn(cluster, first)).includes('bare') ? repair?.drain?.lost : undefined
      return named
    })
    assert.deepEqual(named, ['default/bare'])
    const done = await cluster.until('it is repaired', 90, [half], phaseOf(cluster, first, 'Succeeded'))
    assert.deepEqual(done.drain?.lost, ['default/bare'])
  })

  test('where the API server does not keep the list, a bare pod waits for half a minute, and no longer', async (t) => {
    const { cluster, first } = await givenCluster(t)
    await givenPod(cluster, first, 'bare')
    await cluster.run(3)
    const [node] = (await cluster.nodes()).filter((one) => one.metadata.name === first)
    const attempt = givenAttempt(givenNode(first), {
      nodeUid: node?.metadata.uid ?? '',
      taintedAt: cluster.clock.now(),
    })
    const taints = [{ key: 'nodemend.dev/repairing', value: attempt.name, effect: 'NoSchedule' }]
    await patchObject(cluster.api, nodes, { name: first }, { spec: { taints } }, { type: 'merge' })
    const drainer = new Drainer(cluster.api, cluster.clock, () => 0)
    const evicted: number[] = []
    for (let second = 0; second <= 31; second++) {
      const pass = await drainer.pass(attempt, givenPolicy().drain, cluster.clock.now() + 600_000)
      if (pass.evicted > 0) evicted.push(second)
      await cluster.run(1)
    }
    assert.deepEqual(evicted, [30])
  })

  test('a pod with a controller is not among the lost', async (t) => {
    const { cluster, first } = await givenCluster(t)
    await givenOwned(cluster, first, 'web')
    await cluster.run(3)
    const half = await cluster.half('a')
    await cluster.setCondition(first, 'KernelReady', 'False')
    const done = await cluster.until('it is repaired', 90, [half], phaseOf(cluster, first, 'Succeeded'))
    assert.equal(done.drain?.lost, undefined)
  })
})
