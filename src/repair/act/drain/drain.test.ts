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
import { givenBudget, givenPod, givenWorld, phaseOf } from '../../testing/given-world.ts'
import { podsOn, quickPolicy } from '../../testing/world.ts'
import { Drainer } from './run.ts'

describe('drains', () => {
  test('ordinary pods are evicted before the node goes', async (t) => {
    const { world, first } = await givenWorld(t)
    await givenPod(world, first, 'web')
    await world.run(3)
    const half = await world.half('a')
    await world.setCondition(first, 'KernelReady', 'False')
    const done = await world.until('it succeeds', 120, [half], phaseOf(world, first, 'Succeeded'))
    assert.deepEqual([done.drain?.evicted, done.drain?.remaining], [1, 0])
  })

  test('Abort: a budget that allows nothing fails the attempt, puts the node back, and names the blocker', async (t) => {
    const { world, first } = await givenWorld(t, { ...quickPolicy, drain: { timeout: '15s' } })
    await givenPod(world, first, 'web', { labels: { app: 'web' } })
    await givenBudget(world, 'web', { app: 'web' })
    await world.run(3)
    const half = await world.half('a')
    await world.setCondition(first, 'KernelReady', 'False')
    const failed = await world.until('it fails', 60, [half], phaseOf(world, first, 'Failed'))
    assert.match(failed.phases.at(-1)?.why ?? '', /default\/web in the way/)
    assert.deepEqual(failed.drain?.blockers[0]?.budgets, ['web'])
    const node = (await world.nodes()).find((one) => one.metadata.name === first)
    assert.deepEqual(node?.spec?.taints ?? [], [])
    assert.deepEqual(await podsOn(world, first), ['web'])
    await world.run(10, half)
    const next = (await world.repairs()).find((one) => one.number === 2)
    assert.equal(next?.decision?.decidedBy, 'attempts', 'the next attempt waits')
    assert.ok(half.events.some((one) => one.reason === 'RepairFailed' && one.type === 'Warning'))
  })

  test('blocked, it lends its slot; the next node is repaired; unblocked, it goes on', async (t) => {
    const spec = {
      ...quickPolicy,
      drain: { timeout: '1h', blockedAfter: '10s' },
      breaker: { minNodes: 0, share: '100%', rate: '100%' },
    }
    const { world, first, second } = await givenWorld(t, spec, 12)
    await givenPod(world, first, 'web', { labels: { app: 'web' } })
    await givenBudget(world, 'web', { app: 'web' })
    await world.run(3)
    const half = await world.half('a')
    await world.setCondition(first, 'KernelReady', 'False')
    await world.until('it is blocked', 60, [half], phaseOf(world, first, 'Blocked'))
    const tainted = (await world.nodes()).find((one) => one.metadata.name === first)
    assert.ok(tainted?.spec?.taints?.some((taint) => taint.key === 'nodemend.dev/repairing'))
    await world.setCondition(second, 'KernelReady', 'False')
    await world.until('the next one is repaired', 90, [half], phaseOf(world, second, 'Succeeded'))
    await deleteObject(world.api, podDisruptionBudgets, { name: 'web', namespace: 'default' })
    await world.until('the first one is repaired', 90, [half], phaseOf(world, first, 'Succeeded'))
  })

  test('in a small pool, too, a stuck drain holds up no other sick node', async (t) => {
    const { world, first, second } = await givenWorld(t, {
      ...quickPolicy,
      drain: { timeout: '100h', blockedAfter: '10s' },
    })
    await givenPod(world, first, 'web', { labels: { app: 'web' } })
    await givenBudget(world, 'web', { app: 'web' })
    const half = await world.half('a')
    await world.setCondition(first, 'KernelReady', 'False')
    await world.until('it is blocked', 60, [half], phaseOf(world, first, 'Blocked'))
    await world.setCondition(second, 'KernelReady', 'False')
    await world.until('the other one is repaired', 90, [half], phaseOf(world, second, 'Succeeded'))
  })

  test('ForceDelete with RespectUntilDeadline overrules the budget, with grace', async (t) => {
    const drain = { timeout: '20s', onTimeout: 'ForceDelete', pdb: 'RespectUntilDeadline' }
    const { world, first } = await givenWorld(t, { ...quickPolicy, drain })
    await givenPod(world, first, 'web', { labels: { app: 'web' }, grace: 5 })
    await givenBudget(world, 'web', { app: 'web' })
    await world.run(3)
    const half = await world.half('a')
    await world.setCondition(first, 'KernelReady', 'False')
    await world.until('it succeeds', 90, [half], phaseOf(world, first, 'Succeeded'))
  })

  test('ProceedWithout leaves protected pods behind and says so', async (t) => {
    const { world, first } = await givenWorld(t, {
      ...quickPolicy,
      drain: { timeout: '10s', onTimeout: 'ProceedWithout' },
    })
    await givenPod(world, first, 'batch', { annotations: { 'karpenter.sh/do-not-disrupt': 'true' } })
    await world.run(3)
    const half = await world.half('a')
    await world.setCondition(first, 'KernelReady', 'False')
    const done = await world.until('it succeeds', 90, [half], phaseOf(world, first, 'Succeeded'))
    assert.match(done.drain?.leftBehind.join() ?? '', /default\/batch: annotation karpenter\.sh\/do-not-disrupt/)
  })

  test('a busy API server is waited for, and no budget is blamed', async (t) => {
    const { world, first } = await givenWorld(t)
    await givenPod(world, first, 'web')
    await world.run(3)
    let busy = true
    const { clock, url, token } = world
    const own = connectTo({ server: url, token: () => token }, { clock, random: seededRandom(5) })
    const before = (write: string): void => {
      if (busy && write.startsWith('evict'))
        throw new KubeError('NM_KUBE_THROTTLED', 'slow down', { call: 'evict', status: 429 })
    }
    const half = await world.half('a', { api: tap(own, { before }).api })
    await world.setCondition(first, 'KernelReady', 'False')
    await world.until('the drain begins', 30, [half], phaseOf(world, first, 'Draining'))
    await world.run(25, half)
    const [waiting] = await world.repairs()
    assert.equal(waiting?.phase, 'Draining')
    assert.deepEqual(waiting?.drain?.blockers, [])
    busy = false
    await world.until('it succeeds', 90, [half], phaseOf(world, first, 'Succeeded'))
  })

  test('a dead node is replaced although its pods can never end', async (t) => {
    const { world, first } = await givenWorld(t, {
      ...quickPolicy,
      match: [{ condition: 'Ready', status: 'Unknown' }],
      drain: { timeout: '10m' },
    })
    await givenPod(world, first, 'web')
    await world.run(3)
    const half = await world.half('a')
    await world.annotate(nodes, first, { 'embedded.nodemend.dev/kubelet': 'stopped' })
    const done = await world.until('it succeeds', 300, [half], phaseOf(world, first, 'Succeeded'))
    assert.equal(done.decision?.rule?.status, 'Unknown')
    assert.match(done.drain?.leftBehind.join() ?? '', /default\/web: terminating on a node whose kubelet is silent/)
  })

  test('a person who removes our taint gets the node back', async (t) => {
    const { world, first } = await givenWorld(t)
    await givenPod(world, first, 'web', { labels: { app: 'web' } })
    await givenBudget(world, 'web', { app: 'web' })
    const half = await world.half('a')
    await world.setCondition(first, 'KernelReady', 'False')
    await world.until('the drain begins', 30, [half], phaseOf(world, first, 'Draining'))
    await patchObject(world.api, nodes, { name: first }, { spec: { taints: null } }, { type: 'merge' })
    const cancelled = await world.until('it is cancelled', 30, [half], phaseOf(world, first, 'Cancelled'))
    assert.match(cancelled.phases.at(-1)?.why ?? '', /removed our taint/)
  })

  test('a person’s own cordon is neither needed nor undone', async (t) => {
    const { world, first } = await givenWorld(t)
    await patchObject(world.api, nodes, { name: first }, { spec: { unschedulable: true } }, { type: 'merge' })
    const half = await world.half('a')
    await world.setCondition(first, 'KernelReady', 'False')
    await world.until('the drain begins', 30, [half], phaseOf(world, first, 'Draining'))
    await world.setCondition(first, 'KernelReady', 'True')
    await world.until('it is cancelled', 30, [half], phaseOf(world, first, 'Cancelled'))
    const node = (await world.nodes()).find((one) => one.metadata.name === first)
    assert.equal(node?.spec?.unschedulable, true)
  })
})

test('another node under the same name is not drained', async (t) => {
  const { world, first } = await givenWorld(t)
  await givenPod(world, first, 'web')
  await world.run(3)
  const half = await world.half('a')
  const drainer = new Drainer(world.api, world.clock, () => 0)
  const attempt = givenAttempt(givenNode(first), { nodeUid: 'the-old-one' })
  const pass = await drainer.pass(attempt, givenPolicy().drain, world.clock.now() + 60_000)
  assert.equal(pass.nodeGone, true)
  await world.run(5, half)
  assert.deepEqual(await podsOn(world, first), ['web'])
})
