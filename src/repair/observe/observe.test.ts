import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { startEmbedded } from '../../embedded/server.ts'
import { type KubeObject, leases } from '../../kube/api.ts'
import { connectTo } from '../../kube/connect.ts'
import { createObject, patchObject } from '../../kube/objects.ts'
import { SteppedClock, seededRandom } from '../../telemetry/clock.ts'
import { HealthTracker } from './health.ts'
import { KubeletLeases } from './kubelet-leases.ts'
import { type NodeObject, SeenNodes } from './seen.ts'

const noon = Date.parse('2026-03-01T12:00:00Z')
const minute = 60_000
const stamp = (ms: number): string => new Date(ms).toISOString()

function node(
  heartbeat: number,
  given: { boot?: string; status?: 'True' | 'False'; transition?: number } = {},
): NodeObject {
  const { boot = 'boot-1', status = 'False', transition = noon - 60 * minute } = given
  const condition = {
    type: 'KernelReady',
    status,
    reason: 'r',
    lastHeartbeatTime: stamp(heartbeat),
    lastTransitionTime: stamp(transition),
  }
  return {
    metadata: { name: 'a', uid: 'u', resourceVersion: '1' },
    status: { nodeInfo: { bootID: boot }, conditions: [condition] },
  }
}

const seenAt = (seen: SeenNodes, object: NodeObject, now: number) =>
  seen.see(object, [], now).view.conditions[0]?.seenAt

describe('when a condition was last asserted', () => {
  test('before we have seen it change, its own newest stamp, never later than now', () => {
    assert.equal(seenAt(new SeenNodes(), node(noon - 5 * minute), noon), noon - 5 * minute)
    assert.equal(seenAt(new SeenNodes(), node(noon + 60 * minute), noon), noon)
  })

  test('afterwards our own clock: a node two hours behind is as fresh as its heartbeat moves', () => {
    const seen = new SeenNodes()
    assert.equal(seenAt(seen, node(noon - 125 * minute), noon), noon - 60 * minute)
    assert.equal(seenAt(seen, node(noon - 120 * minute), noon + 5 * minute), noon + 5 * minute)
    assert.equal(seenAt(seen, node(noon - 120 * minute), noon + 10 * minute), noon + 5 * minute)
  })

  test('a condition that appears while we watch was asserted now', () => {
    const seen = new SeenNodes()
    seen.see({ ...node(noon), status: { conditions: [] } }, [], noon)
    assert.equal(seenAt(seen, node(noon - 60 * minute), noon + minute), noon + minute)
  })

  test('a look past the watch knows what the watch has seen: an old report stays old, whatever its stamp says', () => {
    const watch = new SeenNodes()
    watch.see(node(noon), [], noon)
    const known = watch.see(node(noon + 60 * minute), [], noon + minute).view
    const look = (object: NodeObject) => new SeenNodes(known).see(object, [], noon + 5 * minute).view
    assert.equal(look(node(noon + 60 * minute)).conditions[0]?.seenAt, noon + minute)
    assert.equal(look(node(noon + 64 * minute)).conditions[0]?.seenAt, noon + 5 * minute)
    assert.equal(look(node(noon, { boot: 'boot-2' })).rebootedAt, noon + 5 * minute)
    assert.equal(look(node(noon)).conditions[0]?.watched?.since, noon)
  })

  test('a reboot is noticed, once', () => {
    const seen = new SeenNodes()
    assert.equal(seen.see(node(noon), [], noon).view.rebootedAt, undefined)
    assert.equal(seen.see(node(noon, { boot: 'boot-2' }), [], noon + minute).view.rebootedAt, noon + minute)
    assert.equal(seen.see(node(noon, { boot: 'boot-2' }), [], noon + 2 * minute).view.rebootedAt, noon + minute)
  })

  test('a heartbeat is no news; a status, a reason, a taint or a label is', () => {
    const seen = new SeenNodes()
    const news = (object: NodeObject): boolean => seen.see(object, [], noon).news
    assert.equal(news(node(noon)), true)
    assert.equal(news(node(noon + minute)), false)
    assert.equal(news(node(noon + minute, { status: 'True' })), true)
    const tainted = {
      ...node(noon + minute, { status: 'True' as const }),
      spec: { taints: [{ key: 'k', effect: 'NoSchedule' }] },
    }
    assert.equal(news(tainted), true)
    assert.equal(news(tainted), false)
  })

  test('of the annotations only those are kept that a gate declares', () => {
    const object = {
      ...node(noon),
      metadata: {
        name: 'a',
        uid: 'u',
        annotations: { 'nodemend.dev/veto': 'true', huge: 'x', 'karpenter.sh/huge': 'x' },
      },
    }
    assert.deepEqual(new SeenNodes().see(object, [], noon).view.annotations, { 'nodemend.dev/veto': 'true' })
  })
})

describe('outages', () => {
  const noLeases = { state: 'listed', followed: 0, stale: 0 } as const

  test('a gap above 30 s settles, a short one does not', async () => {
    const clock = new SteppedClock(noon)
    const tracker = new HealthTracker(clock, 5 * minute)
    tracker.check(true)
    await clock.advance(30_000)
    tracker.check(true)
    assert.equal(tracker.health(true, noLeases).settledAt, undefined)
    await clock.advance(30_001)
    tracker.check(false)
    assert.equal(tracker.health(false, noLeases).settledAt, undefined)
    tracker.check(true)
    assert.equal(tracker.health(true, noLeases).settledAt, clock.now() + 5 * minute)
  })

  test('a step of the wall clock settles as well, in either direction; its drift does not', () => {
    for (const [step, settles] of [
      [3_600_000, true],
      [-3_600_000, true],
      [5_000, false],
    ] as const) {
      const clock = new SteppedClock(noon)
      const tracker = new HealthTracker(clock, 5 * minute)
      tracker.check(true)
      clock.skew(step)
      tracker.check(true)
      assert.equal(tracker.health(true, noLeases).settledAt, settles ? noon + step + 5 * minute : undefined)
    }
  })
})

test('kubelet leases are judged by whether we see them move', async (t) => {
  const clock = new SteppedClock(noon)
  const random = seededRandom(1)
  const embedded = await startEmbedded({ clock, random })
  const api = connectTo({ server: embedded.url, token: () => embedded.token }, { clock, random })
  t.after(async () => {
    api.close()
    await embedded.stop()
  })
  const namespace = 'kube-node-lease'
  const renewTime = (ms: number): string => stamp(ms).replace('Z', '000Z')
  // `right` has our clock, `slow` is two hours behind, `dead` renews no more.
  for (const [name, at] of [
    ['right', noon],
    ['slow', noon - 120 * minute],
    ['dead', noon - 120 * minute],
  ] as const) {
    await createObject(api, leases, { metadata: { name, namespace }, spec: { renewTime: renewTime(at) } } as KubeObject)
  }
  const followed = new KubeletLeases(api, clock)
  await followed.poll()
  const names = ['right', 'slow', 'dead']
  assert.deepEqual(followed.counts(names), { state: 'listed', followed: 3, stale: 2 })
  assert.deepEqual(followed.counts(['right', 'new']), { state: 'listed', followed: 1, stale: 0 })
  await clock.advance(20_000)
  const renew = (name: string, ms: number) =>
    patchObject(api, leases, { name, namespace }, { spec: { renewTime: renewTime(ms) } }, { type: 'merge' })
  await renew('right', noon + 20_000)
  await renew('slow', noon - 120 * minute + 20_000)
  await followed.poll()
  assert.deepEqual(followed.counts(names), { state: 'listed', followed: 3, stale: 1 })
  await clock.advance(60_001)
  assert.equal(followed.counts(names).state, 'unknown')
})
