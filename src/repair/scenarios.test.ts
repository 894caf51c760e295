/** Scenarios that need a whole cluster; those that do not are tests of the pure parts. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { leases, nodes, podDisruptionBudgets, pods, repairPolicies } from '../kube/api.ts'
import { connectTo } from '../kube/connect.ts'
import { KubeError } from '../kube/errors.ts'
import { createObject, deleteObject, getObject, patchObject } from '../kube/objects.ts'
import { isInFlight } from '../model/repair.ts'
import { seededRandom } from '../telemetry/clock.ts'
import type { RepairPolicyObject } from './policy/parse.ts'
import { tap } from './tap.ts'
import { podsOn, quickPolicy, startWorld, type World } from './world.ts'

type Context = { after(run: () => Promise<void>): void }

async function given(t: Context, spec: object = quickPolicy, size = 4) {
  const world = await startWorld({ groups: [{ name: 'pool', size, replaceMs: 2_000 }] })
  t.after(() => world.stop())
  await world.policy('kernel', spec)
  const names = (await world.nodes()).map((one) => one.metadata.name ?? '')
  const [first = '', second = ''] = names
  return { world, first, second }
}

async function pod(
  world: World,
  node: string,
  name: string,
  more: { labels?: object; annotations?: object; grace?: number } = {},
) {
  const { labels = {}, annotations = {}, grace = 1 } = more
  const metadata = {
    name,
    namespace: 'default',
    labels: labels as Record<string, string>,
    annotations: annotations as Record<string, string>,
  }
  const spec = { nodeName: node, terminationGracePeriodSeconds: grace, containers: [{ name: 'c', image: 'i' }] }
  await createObject(world.api, pods, { metadata, spec } as never)
}

async function budget(world: World, name: string, labels: object): Promise<void> {
  const spec = { maxUnavailable: 0, selector: { matchLabels: labels } }
  await createObject(world.api, podDisruptionBudgets, { metadata: { name, namespace: 'default' }, spec } as never)
}

const phaseOf = (world: World, node: string, phase: string) => async () =>
  (await world.repairs()).find((one) => one.nodeName === node && one.phase === phase)

describe('drains', () => {
  test('ordinary pods are evicted before the node goes', async (t) => {
    const { world, first } = await given(t)
    await pod(world, first, 'web')
    await world.run(3)
    const half = await world.half('a')
    await world.setCondition(first, 'KernelReady', 'False')
    const done = await world.until('it succeeds', 120, [half], phaseOf(world, first, 'Succeeded'))
    assert.deepEqual([done.drain?.evicted, done.drain?.remaining], [1, 0])
  })

  test('Abort: a budget that allows nothing fails the attempt, puts the node back, and names the blocker', async (t) => {
    const { world, first } = await given(t, { ...quickPolicy, drain: { timeout: '15s' } })
    await pod(world, first, 'web', { labels: { app: 'web' } })
    await budget(world, 'web', { app: 'web' })
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

  test('O11: blocked, it lends its slot; the next node is repaired; unblocked, it goes on', async (t) => {
    const spec = {
      ...quickPolicy,
      drain: { timeout: '1h', blockedAfter: '10s' },
      breaker: { minNodes: 0, share: '100%', rate: '100%' },
    }
    const { world, first, second } = await given(t, spec, 12)
    await pod(world, first, 'web', { labels: { app: 'web' } })
    await budget(world, 'web', { app: 'web' })
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

  test('ForceDelete with RespectUntilDeadline overrules the budget, with grace', async (t) => {
    const drain = { timeout: '20s', onTimeout: 'ForceDelete', pdb: 'RespectUntilDeadline' }
    const { world, first } = await given(t, { ...quickPolicy, drain })
    await pod(world, first, 'web', { labels: { app: 'web' }, grace: 5 })
    await budget(world, 'web', { app: 'web' })
    await world.run(3)
    const half = await world.half('a')
    await world.setCondition(first, 'KernelReady', 'False')
    await world.until('it succeeds', 90, [half], phaseOf(world, first, 'Succeeded'))
  })

  test('ProceedWithout leaves protected pods behind and says so', async (t) => {
    const { world, first } = await given(t, { ...quickPolicy, drain: { timeout: '10s', onTimeout: 'ProceedWithout' } })
    await pod(world, first, 'batch', { annotations: { 'karpenter.sh/do-not-disrupt': 'true' } })
    await world.run(3)
    const half = await world.half('a')
    await world.setCondition(first, 'KernelReady', 'False')
    const done = await world.until('it succeeds', 90, [half], phaseOf(world, first, 'Succeeded'))
    assert.match(done.drain?.leftBehind.join() ?? '', /default\/batch: annotation karpenter\.sh\/do-not-disrupt/)
  })

  test('O19: a busy API server is waited for, and no budget is blamed', async (t) => {
    const { world, first } = await given(t)
    await pod(world, first, 'web')
    await world.run(3)
    let busy = true
    const { clock, url, token } = world
    const own = connectTo({ server: url, token: () => token }, { clock, random: seededRandom(5) })
    const before = (write: string): void => {
      if (busy && write.startsWith('evict'))
        throw new KubeError('NM_KUBE_THROTTLED', 'slow down', { call: 'evict', status: 429 })
    }
    const half = await world.half('a', {}, tap(own, { before }).api)
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
    const { world, first } = await given(t, {
      ...quickPolicy,
      match: [{ condition: 'Ready', status: 'Unknown' }],
      drain: { timeout: '10m' },
    })
    await pod(world, first, 'web')
    await world.run(3)
    const half = await world.half('a')
    await world.annotate(nodes, first, { 'embedded.nodemend.dev/kubelet': 'stopped' })
    const done = await world.until('it succeeds', 300, [half], phaseOf(world, first, 'Succeeded'))
    assert.equal(done.decision?.rule?.status, 'Unknown')
    assert.match(done.drain?.leftBehind.join() ?? '', /default\/web: terminating on a node whose kubelet is silent/)
  })

  test('a person who removes our taint gets the node back', async (t) => {
    const { world, first } = await given(t)
    await pod(world, first, 'web', { labels: { app: 'web' } })
    await budget(world, 'web', { app: 'web' })
    const half = await world.half('a')
    await world.setCondition(first, 'KernelReady', 'False')
    await world.until('the drain begins', 30, [half], phaseOf(world, first, 'Draining'))
    await patchObject(world.api, nodes, { name: first }, { spec: { taints: null } }, { type: 'merge' })
    const cancelled = await world.until('it is cancelled', 30, [half], phaseOf(world, first, 'Cancelled'))
    assert.match(cancelled.phases.at(-1)?.why ?? '', /removed our taint/)
  })

  test('a person’s own cordon is neither needed nor undone', async (t) => {
    const { world, first } = await given(t)
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

describe('policies', () => {
  test('O15: edited under a running repair, the committed values count', async (t) => {
    const { world, first } = await given(t, { ...quickPolicy, restraint: { dwell: '20s' } })
    const half = await world.half('a')
    await world.setCondition(first, 'KernelReady', 'False')
    await world.until('the drain begins', 30, [half], phaseOf(world, first, 'Draining'))
    await world.policy('kernel', { mode: 'Observe', restraint: { dwell: '1h' }, drain: { timeout: '1s' } })
    const done = await world.until('it succeeds', 90, [half], phaseOf(world, first, 'Succeeded'))
    assert.deepEqual([done.plan?.generation, done.plan?.dwellMs], [1, 20_000])
  })

  test('one bad policy refuses the set: the last good one stays, and the status says what to do', async (t) => {
    const { world, first } = await given(t, { ...quickPolicy, toleration: '10s' })
    const half = await world.half('a')
    await world.run(2, half)
    await world.policy('bad', { match: [{ condition: 'KernelReady' }], action: 'Reboot' })
    await world.setCondition(first, 'KernelReady', 'False')
    await world.until('the good one still works', 120, [half], phaseOf(world, first, 'Succeeded'))
    const bad = await getObject<RepairPolicyObject>(world.api, repairPolicies, { name: 'bad' })
    const [condition] = bad.status?.conditions ?? []
    assert.equal(condition?.status, 'False')
    assert.match(condition?.message ?? '', /spec\.action is Reboot: not available yet; use Replace or NoAction/)
    assert.ok(half.events.some((one) => one.reason === 'PolicyRefused' && one.regarding.name === 'bad'))
  })

  test('started with a bad set, nothing is in force and nothing happens', async (t) => {
    const { world, first } = await given(t)
    await world.policy('bad', { match: [{ condition: 'KernelReady' }], action: 'Reboot' })
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
    const taken = (await world.repairs()).map((one) => one.replacement?.uid)
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

  test('O8: a replacement with the same fault is a failure, not a proof', async (t) => {
    const { world, first } = await given(t, { ...quickPolicy, restraint: { dwell: '30s' } })
    const half = await world.half('a')
    await world.setCondition(first, 'KernelReady', 'False')
    const dwelling = await world.until('it dwells', 90, [half], phaseOf(world, first, 'Dwelling'))
    await world.setCondition(dwelling.replacement?.name ?? '', 'KernelReady', 'False')
    const failed = await world.until('it fails', 30, [half], phaseOf(world, first, 'Failed'))
    assert.match(failed.phases.at(-1)?.why ?? '', /has KernelReady=False/)
  })

  test('O13: a node that the autoscaler is taking away is left to it, also in the middle of a drain', async (t) => {
    const { world, first } = await given(t)
    await pod(world, first, 'web', { labels: { app: 'web' } })
    await budget(world, 'web', { app: 'web' })
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

describe('outages', () => {
  test('O1: after an outage everything settles, and tolerations start anew', async (t) => {
    const { world, first } = await given(t, { ...quickPolicy, toleration: '60s' })
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
  const { world, first } = await given(t)
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
