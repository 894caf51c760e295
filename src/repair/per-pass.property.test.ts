/** How much one pass may write, however much there is to do: each property fails when its constant is loosened. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type KubeObject, nodeRepairs, nodes } from '../kube/api.ts'
import { connectTo } from '../kube/connect.ts'
import { createObject, patchObject, replaceObject } from '../kube/objects.ts'
import type { Attempt } from '../model/repair.ts'
import { tap } from '../providers/testing/tap.ts'
import { seededRandom } from '../telemetry/clock.ts'
import { Drainer } from './act/drain/run.ts'
import { guardFinalizer } from './attempt/codec.ts'
import { specOf, statusOf } from './attempt/record.ts'
import { givenAttempt, givenNode, givenPolicy } from './testing/given.ts'
import { givenPod } from './testing/given-cluster.ts'
import { type Half, quickPolicy, startTestCluster, type TestCluster } from './testing/test-cluster.ts'

const days = 24 * 3_600_000

interface Site {
  readonly cluster: TestCluster
  readonly half: Half
  /** One pass, and what it wrote. */
  pass(): Promise<readonly string[]>
}

/** A test cluster of `size` machines; `prepare` runs before the controller begins to watch. */
async function onSite(
  size: number,
  prepare: (cluster: TestCluster) => Promise<void>,
  use: (site: Site) => Promise<void>,
): Promise<void> {
  const cluster = await startTestCluster({ groups: [{ name: 'pool', size, replaceMs: 1_000 }] })
  try {
    await prepare(cluster)
    const { clock, url, token } = cluster
    const { api, sent } = tap(connectTo({ server: url, token: () => token }, { clock, random: seededRandom(3) }), {})
    const half = await cluster.half('a', { api })
    await use({
      cluster,
      half,
      async pass() {
        const before = sent.length
        await cluster.run(1, half)
        return sent.slice(before)
      },
    })
  } finally {
    await cluster.stop()
  }
}

/** Passes until every kind of write in `totals` was done so often; no pass does more than `most` of one kind. */
async function drip(site: Site, most: number, totals: Readonly<Record<string, number>>): Promise<void> {
  const left = new Map(Object.entries(totals))
  for (let passes = 0; [...left.values()].some((count) => count > 0); passes++) {
    assert.ok(passes < 20, `left after ${passes} passes: ${JSON.stringify([...left])}`)
    const writes = await site.pass()
    for (const [kind, count] of left) {
      const now = writes.filter((write) => write.startsWith(kind)).length
      assert.ok(now <= most, `${now} at once: ${kind}`)
      left.set(kind, count - now)
    }
  }
  assert.deepEqual([...new Set(left.values())], [0])
}

/** A finished repair of long ago. */
async function givenFinished(cluster: TestCluster, name: string, finalizers: readonly string[] = []): Promise<void> {
  const at = cluster.clock.now() - 30 * days
  const phases: Attempt['phases'] = [{ phase: 'Failed', at, why: '' }]
  const record = { ...givenAttempt(givenNode('long-gone'), { phase: 'Failed', phases }), name }
  const created = await createObject<KubeObject>(cluster.api, nodeRepairs, {
    metadata: { name, finalizers },
    spec: specOf(record),
  } as KubeObject)
  const body = { metadata: created.metadata, spec: specOf(record), status: statusOf(record) }
  await replaceObject<KubeObject>(cluster.api, nodeRepairs, { name }, body, { subresource: 'status' })
}

const times = async (count: number, run: (index: number) => Promise<unknown>): Promise<void> => {
  for (let index = 0; index < count; index++) await run(index)
}

const forAnyCount = (from: number, to: number, property: (count: number) => Promise<void>): Promise<void> =>
  fc.assert(fc.asyncProperty(fc.integer({ min: from, max: to }), property), { numRuns: 3 })

describe('in one pass', () => {
  test('at most 50 new records, however many nodes fall sick at once', () =>
    forAnyCount(70, 110, (count) =>
      onSite(
        count,
        (cluster) => cluster.policy('kernel', { ...quickPolicy, mode: 'Observe', toleration: '1h' }),
        async (site) => {
          for (const { metadata } of await site.cluster.nodes())
            await site.cluster.setCondition(metadata.name ?? '', 'KernelReady', 'False')
          await drip(site, 50, { 'create noderepairs': count })
        },
      ),
    ))

  test('at most 20 old records go, at most 20 finalisers, and at most 20 stray taints', () =>
    forAnyCount(45, 60, (count) =>
      onSite(
        count,
        async (cluster) => {
          await times(count, (index) => givenFinished(cluster, `old-${index}`, [guardFinalizer]))
          const taints = [{ key: 'nodemend.dev/repairing', value: 'nobody', effect: 'NoSchedule' }]
          for (const { metadata } of await cluster.nodes())
            await patchObject(
              cluster.api,
              nodes,
              { name: metadata.name ?? '' },
              { spec: { taints } },
              { type: 'merge' },
            )
        },
        (site) => drip(site, 20, { 'patch noderepairs': count, 'patch nodes': count, 'delete noderepairs': count }),
      ),
    ))

  /** Bare pods are evicted once the record names them; a full list names all. */
  const allNamed = {
    startedAt: 0,
    deadline: days,
    evicted: 0,
    remaining: 0,
    blockers: [],
    leftBehind: [],
    lost: Array.from({ length: 64 }, (_, index) => `default/other-${index}`),
  }

  test('at most 20 evictions from one node, however many pods it has', () =>
    forAnyCount(45, 90, (count) =>
      onSite(
        1,
        async () => undefined,
        async ({ cluster }) => {
          const [node] = await cluster.nodes()
          const { name = '', uid = '' } = node?.metadata ?? {}
          await times(count, (index) => givenPod(cluster, name, `pod-${index}`, { grace: 3_600 }))
          const attempt = givenAttempt(givenNode(name), { nodeUid: uid, drain: allNamed })
          const taints = [{ key: 'nodemend.dev/repairing', value: attempt.name, effect: 'NoSchedule' }]
          await patchObject(cluster.api, nodes, { name }, { spec: { taints } }, { type: 'merge' })
          const { api, sent } = tap(cluster.api, {})
          const drainer = new Drainer(api, cluster.clock, seededRandom(5))
          for (let left = count; left > 0; ) {
            const before = sent.length
            await drainer.pass(attempt, givenPolicy().drain, cluster.clock.now() + days)
            const evicted = sent.slice(before).filter((write) => write.startsWith('evict')).length
            assert.ok(evicted > 0 && evicted <= 20, `${evicted} at once`)
            left -= evicted
          }
        },
      ),
    ))
})
