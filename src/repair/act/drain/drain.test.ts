/** Drains in a whole cluster: what happens to pods, budgets and the node. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nodes, podDisruptionBudgets } from '../../../kube/api.ts'
import { connectTo } from '../../../kube/connect.ts'
import { KubeError } from '../../../kube/errors.ts'
import { deleteObject, patchObject } from '../../../kube/objects.ts'
import { tap } from '../../../providers/testing/tap.ts'
import { seededRandom } from '../../../telemetry/clock.ts'
import { givenAttempt, givenNode, givenPolicy } from '../../testing/given.ts'
import { givenBudget, givenCluster, givenPod, phaseOf } from '../../testing/given-cluster.ts'
import { podsOn, quickPolicy } from '../../testing/test-cluster.ts'
import { Drainer } from './run.ts'

describe('drains', () => {
  test('ordinary pods are evicted before the node goes', async (t) => {
    const { cluster, first } = await givenCluster(t)
    await givenPod(cluster, first, 'web')
    await cluster.run(3)
    const half = await cluster.half('a')
    await cluster.setCondition(first, 'KernelReady', 'False')
    const done = await cluster.until('it succeeds', 120, [half], phaseOf(cluster, first, 'Succeeded'))
    assert.deepEqual([done.drain?.evicted, done.drain?.remaining], [1, 0])
  })

  test('Abort: a budget that allows nothing fails the attempt, puts the node back, and names the blocker', async (t) => {
    const { cluster, first } = await givenCluster(t, { ...quickPolicy, drain: { timeout: '15s' } })
    await givenPod(cluster, first, 'web', { labels: { app: 'web' } })
    await givenBudget(cluster, 'web', { app: 'web' })
    await cluster.run(3)
    const half = await cluster.half('a')
    await cluster.setCondition(first, 'KernelReady', 'False')
    const failed = await cluster.until('it fails', 60, [half], phaseOf(cluster, first, 'Failed'))
    assert.match(failed.phases.at(-1)?.why ?? '', /default\/web in the way/)
    assert.deepEqual(failed.drain?.blockers[0]?.budgets, ['web'])
    const node = (await cluster.nodes()).find((one) => one.metadata.name === first)
    assert.deepEqual(node?.spec?.taints ?? [], [])
    assert.deepEqual(await podsOn(cluster, first), ['web'])
    await cluster.run(10, half)
    const next = (await cluster.repairs()).find((one) => one.number === 2)
    assert.equal(next?.decision?.decidedBy, 'attempts', 'the next attempt waits')
    assert.ok(half.events.some((one) => one.reason === 'RepairFailed' && one.type === 'Warning'))
  })

  test('blocked, it lends its slot; the next node is repaired; unblocked, it goes on', async (t) => {
    const spec = {
      ...quickPolicy,
      drain: { timeout: '1h', blockedAfter: '10s' },
      breaker: { minNodes: 0, share: '100%', rate: '100%' },
    }
    const { cluster, first, second } = await givenCluster(t, spec, 12)
    await givenPod(cluster, first, 'web', { labels: { app: 'web' } })
    await givenBudget(cluster, 'web', { app: 'web' })
    await cluster.run(3)
    const half = await cluster.half('a')
    await cluster.setCondition(first, 'KernelReady', 'False')
    await cluster.until('it is blocked', 60, [half], phaseOf(cluster, first, 'Blocked'))
    const tainted = (await cluster.nodes()).find((one) => one.metadata.name === first)
    assert.ok(tainted?.spec?.taints?.some((taint) => taint.key === 'nodemend.dev/repairing'))
    await cluster.setCondition(second, 'KernelReady', 'False')
    await cluster.until('the next one is repaired', 90, [half], phaseOf(cluster, second, 'Succeeded'))
    await deleteObject(cluster.api, podDisruptionBudgets, { name: 'web', namespace: 'default' })
    await cluster.until('the first one is repaired', 90, [half], phaseOf(cluster, first, 'Succeeded'))
  })

  test('in a small pool, too, a stuck drain holds up no other sick node', async (t) => {
    const { cluster, first, second } = await givenCluster(t, {
      ...quickPolicy,
      drain: { timeout: '100h', blockedAfter: '10s' },
    })
    await givenPod(cluster, first, 'web', { labels: { app: 'web' } })
    await givenBudget(cluster, 'web', { app: 'web' })
    const half = await cluster.half('a')
    await cluster.setCondition(first, 'KernelReady', 'False')
    await cluster.until('it is blocked', 60, [half], phaseOf(cluster, first, 'Blocked'))
    await cluster.setCondition(second, 'KernelReady', 'False')
    await cluster.until('the other one is repaired', 90, [half], phaseOf(cluster, second, 'Succeeded'))
  })

  test('ForceDelete with RespectUntilDeadline overrules the budget, with grace', async (t) => {
    const drain = { timeout: '20s', onTimeout: 'ForceDelete', pdb: 'RespectUntilDeadline' }
    const { cluster, first } = await givenCluster(t, { ...quickPolicy, drain })
    await givenPod(cluster, first, 'web', { labels: { app: 'web' }, grace: 5 })
    await givenBudget(cluster, 'web', { app: 'web' })
    await cluster.run(3)
    const half = await cluster.half('a')
    await cluster.setCondition(first, 'KernelReady', 'False')
    await cluster.until('it succeeds', 90, [half], phaseOf(cluster, first, 'Succeeded'))
  })

  test('ProceedWithout leaves protected pods behind and says so', async (t) => {
    const { cluster, first } = await givenCluster(t, {
      ...quickPolicy,
      drain: { timeout: '10s', onTimeout: 'ProceedWithout' },
    })
    await givenPod(cluster, first, 'batch', { annotations: { 'karpenter.sh/do-not-disrupt': 'true' } })
    await cluster.run(3)
    const half = await cluster.half('a')
    await cluster.setCondition(first, 'KernelReady', 'False')
    const done = await cluster.until('it succeeds', 90, [half], phaseOf(cluster, first, 'Succeeded'))
    assert.match(done.drain?.leftBehind.join() ?? '', /default\/batch: annotation karpenter\.sh\/do-not-disrupt/)
  })

  test('a busy API server is waited for, and no budget is blamed', async (t) => {
    const { cluster, first } = await givenCluster(t)
    await givenPod(cluster, first, 'web')
    await cluster.run(3)
    let busy = true
    const { clock, url, token } = cluster
    const own = connectTo({ server: url, token: () => token }, { clock, random: seededRandom(5) })
    const before = (write: string): void => {
      if (busy && write.startsWith('evict'))
        throw new KubeError('NM_KUBE_THROTTLED', 'slow down', { call: 'evict', status: 429 })
    }
    const half = await cluster.half('a', { api: tap(own, { before }).api })
    await cluster.setCondition(first, 'KernelReady', 'False')
    await cluster.until('the drain begins', 30, [half], phaseOf(cluster, first, 'Draining'))
    await cluster.run(25, half)
    const [waiting] = await cluster.repairs()
    assert.equal(waiting?.phase, 'Draining')
    assert.deepEqual(waiting?.drain?.blockers, [])
    busy = false
    await cluster.until('it succeeds', 90, [half], phaseOf(cluster, first, 'Succeeded'))
  })

  test('a dead node is replaced although its pods can never end', async (t) => {
    const { cluster, first } = await givenCluster(t, {
      ...quickPolicy,
      match: [{ condition: 'Ready', status: 'Unknown' }],
      drain: { timeout: '10m' },
    })
    await givenPod(cluster, first, 'web')
    await cluster.run(3)
    const half = await cluster.half('a')
    await cluster.annotate(nodes, first, { 'embedded.nodemend.dev/kubelet': 'stopped' })
    const done = await cluster.until('it succeeds', 300, [half], phaseOf(cluster, first, 'Succeeded'))
    assert.equal(done.decision?.rule?.status, 'Unknown')
    assert.match(done.drain?.leftBehind.join() ?? '', /default\/web: terminating on a node whose kubelet is silent/)
  })

  test('a person who removes our taint gets the node back', async (t) => {
    const { cluster, first } = await givenCluster(t)
    await givenPod(cluster, first, 'web', { labels: { app: 'web' } })
    await givenBudget(cluster, 'web', { app: 'web' })
    const half = await cluster.half('a')
    await cluster.setCondition(first, 'KernelReady', 'False')
    await cluster.until('the drain begins', 30, [half], phaseOf(cluster, first, 'Draining'))
    await patchObject(cluster.api, nodes, { name: first }, { spec: { taints: null } }, { type: 'merge' })
    const cancelled = await cluster.until('it is cancelled', 30, [half], phaseOf(cluster, first, 'Cancelled'))
    assert.match(cancelled.phases.at(-1)?.why ?? '', /removed our taint/)
  })

  test('a person’s own cordon is neither needed nor undone', async (t) => {
    const { cluster, first } = await givenCluster(t)
    await patchObject(cluster.api, nodes, { name: first }, { spec: { unschedulable: true } }, { type: 'merge' })
    const half = await cluster.half('a')
    await cluster.setCondition(first, 'KernelReady', 'False')
    await cluster.until('the drain begins', 30, [half], phaseOf(cluster, first, 'Draining'))
    await cluster.setCondition(first, 'KernelReady', 'True')
    await cluster.until('it is cancelled', 30, [half], phaseOf(cluster, first, 'Cancelled'))
    const node = (await cluster.nodes()).find((one) => one.metadata.name === first)
    assert.equal(node?.spec?.unschedulable, true)
  })
})

test('another node under the same name is not drained', async (t) => {
  const { cluster, first } = await givenCluster(t)
  await givenPod(cluster, first, 'web')
  await cluster.run(3)
  const half = await cluster.half('a')
  const drainer = new Drainer(cluster.api, cluster.clock, () => 0)
  const attempt = givenAttempt(givenNode(first), { nodeUid: 'the-old-one' })
  const pass = await drainer.pass(attempt, givenPolicy().drain, cluster.clock.now() + 60_000)
  assert.equal(pass.nodeGone, true)
  await cluster.run(5, half)
  assert.deepEqual(await podsOn(cluster, first), ['web'])
})
