/** A workload that wants time to save its state gets it, bounded, and the record says whether it did. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type KubeObject, pods } from '../../../kube/api.ts'
import { connectTo } from '../../../kube/connect.ts'
import { KubeError } from '../../../kube/errors.ts'
import { getObject, patchObject } from '../../../kube/objects.ts'
import { tap } from '../../../providers/testing/tap.ts'
import { seededRandom } from '../../../telemetry/clock.ts'
import { givenPolicy, minute, noon } from '../../testing/given.ts'
import { givenCluster, givenPod, phaseOf } from '../../testing/given-cluster.ts'
import { podsOn, quickPolicy, type TestCluster } from '../../testing/test-cluster.ts'
import { type DrainPod, podText } from './pod.ts'
import { saveStateOf } from './save-state.ts'

const patient = { ...quickPolicy, drain: { timeout: '5m' } }
const ref = { namespace: 'default', name: 'train' }
type Marks = Readonly<Record<string, string | null>>

const marksOf = async (cluster: TestCluster): Promise<Marks> =>
  (await getObject<KubeObject>(cluster.api, pods, ref)).metadata.annotations ?? {}
const mark = (cluster: TestCluster, annotations: Marks) =>
  patchObject(cluster.api, pods, ref, { metadata: { annotations } }, { type: 'merge' })

async function givenTraining(t: Parameters<typeof givenCluster>[0], wants = '1m', spec: object = patient) {
  const { cluster, first } = await givenCluster(t, spec)
  await givenPod(cluster, first, 'train', { annotations: { 'nodemend.dev/save-state-for': wants } })
  await givenPod(cluster, first, 'web')
  await cluster.run(3)
  return { cluster, first }
}

/** Until the pod has been told to begin. */
async function untilTold(cluster: TestCluster, node: string, half: Awaited<ReturnType<TestCluster['half']>>) {
  await cluster.setCondition(node, 'KernelReady', 'False')
  const told = async () => ((await marksOf(cluster))['nodemend.dev/save-state-by'] ? marksOf(cluster) : undefined)
  return cluster.until('the pod is told to begin', 40, [half], told)
}

describe('a pod that asks for time to save its state', () => {
  test('is told by when, is evicted once it says that it is done, and the record has its words', async (t) => {
    const { cluster, first } = await givenTraining(t)
    const half = await cluster.half('a')
    const told = await untilTold(cluster, first, half)
    const [record] = await cluster.repairs()
    assert.equal(told['nodemend.dev/save-state-repair'], record?.name)
    const by = Date.parse(told['nodemend.dev/save-state-by'] ?? '')
    assert.ok(by <= cluster.clock.now() + minute && by > cluster.clock.now() + minute / 2)
    await cluster.run(10, half)
    assert.deepEqual(await podsOn(cluster, first), ['train'], 'the others leave meanwhile')
    assert.match((await cluster.repairs())[0]?.drain?.blockers[0]?.reason ?? '', /saves its state until/)
    await mark(cluster, { 'nodemend.dev/state-saved': 'checkpoint 4711' })
    const done = await cluster.until('it is repaired', 30, [half], phaseOf(cluster, first, 'Succeeded'))
    assert.match(done.drain?.notes?.join() ?? '', /default\/train says that it has saved its state: checkpoint 4711/)
  })

  test('is evicted when its time is up, and the record says that it did not', async (t) => {
    const { cluster, first } = await givenTraining(t, '30s')
    const half = await cluster.half('a')
    await untilTold(cluster, first, half)
    await cluster.run(25, half)
    assert.deepEqual(await podsOn(cluster, first), ['train'])
    const done = await cluster.until('it is repaired', 40, [half], phaseOf(cluster, first, 'Succeeded'))
    assert.match(done.drain?.notes?.join() ?? '', /default\/train did not say within 30s that it has saved its state/)
  })

  test('gets no more than the policy gives', async (t) => {
    const { cluster, first } = await givenTraining(t, '2h', {
      ...quickPolicy,
      drain: { timeout: '5m', saveState: '20s' },
    })
    const half = await cluster.half('a')
    await untilTold(cluster, first, half)
    await cluster.until('it is repaired', 60, [half], phaseOf(cluster, first, 'Succeeded'))
  })

  test('is told that it may go on when the node recovers', async (t) => {
    const { cluster, first } = await givenTraining(t)
    const half = await cluster.half('a')
    await untilTold(cluster, first, half)
    await cluster.setCondition(first, 'KernelReady', 'True')
    await cluster.until('it is cancelled', 10, [half], phaseOf(cluster, first, 'Cancelled'))
    assert.deepEqual(Object.keys(await marksOf(cluster)), ['nodemend.dev/save-state-for'])
  })

  test('is asked again in the next repair: what it said in an earlier one counts no more', async (t) => {
    const { cluster, first } = await givenTraining(t)
    await mark(cluster, {
      'nodemend.dev/save-state-by': new Date(cluster.clock.now() + 5_000).toISOString(),
      'nodemend.dev/save-state-repair': 'an-earlier-one',
      'nodemend.dev/state-saved': 'long ago',
    })
    const half = await cluster.half('a')
    await cluster.setCondition(first, 'KernelReady', 'False')
    await cluster.until('the drain begins', 40, [half], phaseOf(cluster, first, 'Draining'))
    await cluster.run(10, half)
    assert.deepEqual(await podsOn(cluster, first), ['train'])
    assert.equal((await marksOf(cluster))['nodemend.dev/state-saved'], undefined)
  })

  test('goes on where a controller died in between: the time is on the pod', async (t) => {
    const { cluster, first } = await givenTraining(t, '30s')
    const half = await cluster.half('a')
    const before = await untilTold(cluster, first, half)
    await half.kill()
    const next = await cluster.half('b', { leadership: { fencingToken: 2 } })
    await cluster.run(10, next)
    assert.equal((await marksOf(cluster))['nodemend.dev/save-state-by'], before['nodemend.dev/save-state-by'])
    await cluster.until('it is repaired', 60, [next], phaseOf(cluster, first, 'Succeeded'))
  })

  test('is evicted at once where nobody may tell it, and the record says so', async (t) => {
    const { cluster, first } = await givenTraining(t)
    const { clock, url, token } = cluster
    const own = connectTo({ server: url, token: () => token }, { clock, random: seededRandom(5) })
    const before = (write: string): void => {
      if (write.startsWith('patch pods'))
        throw new KubeError('NM_KUBE_FORBIDDEN', 'pods is forbidden', { call: 'patch', status: 403 })
    }
    const half = await cluster.half('a', { api: tap(own, { before }).api })
    await cluster.setCondition(first, 'KernelReady', 'False')
    const done = await cluster.until('it is repaired', 40, [half], phaseOf(cluster, first, 'Succeeded'))
    assert.match(done.drain?.notes?.join() ?? '', /default\/train was not told to save its state: pods is forbidden/)
  })

  test('with a time that nobody can read is evicted at once, and told how to write it', async (t) => {
    const { cluster, first } = await givenTraining(t, 'ten minutes')
    const half = await cluster.half('a')
    await cluster.setCondition(first, 'KernelReady', 'False')
    const done = await cluster.until('it is repaired', 40, [half], phaseOf(cluster, first, 'Succeeded'))
    assert.match(done.drain?.notes?.join() ?? '', /save-state-for=ten minutes gives no time: write a duration/)
  })
})

test('whatever is written on the pod, it gets no more than the policy gives', () => {
  const { drain } = givenPolicy()
  const key = fc.constantFrom('save-state-by', 'save-state-repair', 'state-saved')
  const value = fc.oneof(
    fc.string(),
    fc.constantFrom('a-1', 'b-1'),
    fc.integer({ min: noon - 100 * minute, max: noon + 100 * minute }).map((ms) => new Date(ms).toISOString()),
  )
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 60 }),
      fc.integer({ min: 1, max: 60 }),
      fc.dictionary(key, value, { noNullPrototype: true }),
      (wanted, given, written) => {
        const annotations: Record<string, string> = { 'nodemend.dev/save-state-for': `${wanted}m` }
        for (const [name, text] of Object.entries(written)) annotations[`nodemend.dev/${name}`] = text
        const pod = { namespace: 'd', name: 'p', uid: 'u', annotations, tolerations: [] } as unknown as DrainPod // enough of one
        const limits = { ...drain, saveStateMs: given * minute }
        const mostMs = Math.min(wanted, given) * minute
        const state = saveStateOf(pod, limits, 'a-1', noon)
        if (state.kind === 'tell') assert.ok(state.until <= noon + mostMs)
        const later = saveStateOf(pod, limits, 'a-1', noon + mostMs)
        if (state.kind === 'saving') assert.equal(later.kind, 'over', `${podText(pod)} is still waited for`)
      },
    ),
  )
})
