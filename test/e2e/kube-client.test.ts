/** Our Kubernetes client against a real API server. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { type Api, type KubeObject, nodes } from '../../src/kube/api.ts'
import { connectTo } from '../../src/kube/connect.ts'
import { loadKubeconfig } from '../../src/kube/credentials/kubeconfig.ts'
import { isKubeError } from '../../src/kube/errors.ts'
import { connectLean } from '../../src/kube/lean/transport.ts'
import { holdLease, type LeaseHold } from '../../src/kube/lease.ts'
import { watchObjects } from '../../src/kube/list-watch.ts'
import { createObject, deleteObject, evictPod, getObject } from '../../src/kube/objects.ts'
import { systemClock, systemRandom } from '../../src/telemetry/clock.ts'
import type { ControlPlane } from '../cluster/control-plane.ts'
import { addNodes, startKwok } from '../cluster/kwok.ts'
import { clusterFor } from '../cluster/suite.ts'
import { eventually } from '../cluster/wait.ts'
import { allRun, deployFleet } from '../cluster/workload.ts'

const parts = { clock: systemClock, random: systemRandom }

test('our client and a real control plane', async (t) => {
  const cluster = await clusterFor(
    t,
    { controllerManager: true, scheduler: true, identities: { nobody: { user: 'nobody', groups: [] } } },
    ['kwok'],
  )
  if (!cluster) return
  const api = await connect(cluster, 'admin')
  t.after(() => api.close())

  for (const front of [connectTo, connectLean]) {
    await t.test(`${front.name}: an identity without rights is told so, one with rights writes and reads`, async () => {
      const nobody = await connect(cluster, 'nobody', front)
      const forbidden = getObject(nobody, nodes, { name: 'any' })
      await assert.rejects(forbidden, (error) => isKubeError(error, 'NM_KUBE_FORBIDDEN'))
      nobody.close()
      const admin = await connect(cluster, 'admin', front)
      const name = front.name.toLowerCase()
      // Large enough to need several packets and, from a server that compresses nothing for us, several chunks.
      const annotations = { 'nodemend.dev/test': 'x'.repeat(200_000) }
      await createObject(admin, nodes, { metadata: { name, annotations } })
      assert.deepEqual((await getObject(admin, nodes, { name })).metadata.annotations, annotations)
      await deleteObject(admin, nodes, { name })
      await assert.rejects(getObject(admin, nodes, { name }), (error) => isKubeError(error, 'NM_KUBE_NOT_FOUND'))
      admin.close()
    })
  }

  await t.test('evictions stop at the disruption budget and go on when a pod is back', async () => {
    startKwok(cluster)
    await addNodes(cluster, [{ name: 'one' }, { name: 'two' }, { name: 'three' }])
    await deployFleet(cluster, 3, { terminationMs: 1_000 })
    await eventually('the budget to allow one', 20_000, async () => (await allowed(cluster)) === 1)
    const [first, second] = await podNames(cluster)
    assert.ok(first && second)
    const evict = (name: string) => evictPod(api, { namespace: 'default', name })
    assert.deepEqual(await evict(first), { kind: 'evicted' })
    const refused = await eventually('a refusal', 5_000, async () => {
      const answer = await evict(second)
      return answer.kind !== 'conflict' && answer
    })
    assert.equal(refused.kind, 'blocked')
    assert.deepEqual(refused.kind === 'blocked' && refused.budgets, ['web'])
    await eventually('the pod to be back', 20_000, () => allRun(cluster, 3))
    assert.equal((await eventually('the budget to allow it', 10_000, () => accepted(evict(second)))).kind, 'evicted')
    assert.deepEqual(await evict('never-was'), { kind: 'gone' })
  })

  await t.test('one leads; it hands over when it leaves, and loses the lease when the server is away', async () => {
    const log: string[] = []
    const first = candidate(api, 'first', log)
    await eventually('first to lead', 5_000, async () => first.hold.isLeaderUntil() > systemClock.monotonic())
    const second = candidate(api, 'second', log)
    first.stop.abort()
    await first.hold.stopped
    await eventually('second to lead', 5_000, async () => second.hold.isLeaderUntil() > systemClock.monotonic())
    await cluster.apiServer.refuse()
    await eventually('second to notice', 5_000, async () => log.includes('second lost'))
    assert.equal(second.hold.isLeaderUntil(), Number.NEGATIVE_INFINITY)
    await cluster.apiServer.restore()
    await eventually('second to lead again', 20_000, async () => log.at(-1)?.startsWith('second leads') ?? false)
    second.stop.abort()
    await second.hold.stopped
    assert.deepEqual(log, [
      'first leads 1',
      'first lost',
      'second leads 2',
      'second lost',
      'second leads 3',
      'second lost',
    ])
  })

  await t.test('a watch misses nothing while the server is killed and comes back', async () => {
    const stop = new AbortController()
    const seen = new Set<string>()
    const done = watchObjects<KubeObject>({
      api,
      ...parts,
      resource: nodes,
      onSync: (items) => {
        for (const name of items.keys()) seen.add(name)
      },
      onChange: ({ type, object }) => seen[type === 'deleted' ? 'delete' : 'add'](object.metadata.name ?? ''),
      signal: stop.signal,
    })
    await eventually('the first list', 5_000, async () => seen.has('one'))
    await cluster.apiServer.refuse()
    await cluster.apiServer.restore()
    await createObject(api, nodes, { metadata: { name: 'late' } })
    await deleteObject(api, nodes, { name: 'one' })
    await eventually('the change', 20_000, async () => seen.has('late') && !seen.has('one'))
    stop.abort()
    await done
  })
})

async function connect(cluster: ControlPlane, identity: string, front = connectTo): Promise<Api> {
  const config = await loadKubeconfig({
    path: cluster.kubeconfig(identity),
    env: {},
    readFile: (path) => readFile(path, 'utf8'),
  })
  return front(config, parts)
}

interface Candidate {
  readonly hold: LeaseHold
  readonly stop: AbortController
}

function candidate(api: Api, identity: string, log: string[]): Candidate {
  const stop = new AbortController()
  const hold = holdLease({
    api,
    ...parts,
    namespace: 'default',
    name: 'nodemend-test',
    identity,
    onLeading: ({ transitions }) => void log.push(`${identity} leads ${transitions}`),
    onLost: () => void log.push(`${identity} lost`),
    durationMs: 2_000,
    renewMs: 1_500,
    retryMs: 200,
    signal: stop.signal,
  })
  return { hold, stop }
}

async function accepted<T extends { readonly kind: string }>(answer: Promise<T>): Promise<T | undefined> {
  const judged = await answer
  return judged.kind === 'evicted' ? judged : undefined
}

async function allowed(cluster: ControlPlane): Promise<number | undefined> {
  const path = '/apis/policy/v1/namespaces/default/poddisruptionbudgets/web'
  return (await cluster.admin.get<{ status?: { disruptionsAllowed?: number } }>(path)).status?.disruptionsAllowed
}

async function podNames(cluster: ControlPlane): Promise<string[]> {
  const list = await cluster.admin.get<{ items: { metadata: { name: string } }[] }>('/api/v1/namespaces/default/pods')
  return list.items.map(({ metadata }) => metadata.name)
}
