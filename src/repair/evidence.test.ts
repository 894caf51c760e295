/** Evidence through the front door: collected once, before pods leave; it never stops a repair. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Context, givenCluster, givenPod, phaseOf } from './testing/given-cluster.ts'
import { answer, onNodeHalf, onNodePods } from './testing/given-on-node.ts'
import { podsOn, quickPolicy } from './testing/test-cluster.ts'

async function given(t: Context, evidence: object, more: object = onNodeHalf) {
  const { cluster, first } = await givenCluster(t, { ...quickPolicy, evidence })
  const half = await cluster.half('a', more)
  await givenPod(cluster, first, 'web')
  await cluster.setCondition(first, 'KernelReady', 'False')
  const record = async () => (await cluster.repairs()).find((one) => one.nodeName === first)
  return { cluster, first, half, record }
}

test('a pod collects once while all pods are still there, and the record says what it kept', async (t) => {
  const { cluster, first, half, record } = await given(t, { keep: 'Node' })
  const pod = await cluster.until('the pod', 60, [half], async () => (await onNodePods(cluster))[0])
  assert.deepEqual(pod.spec.containers[0]?.command.slice(2, 4), ['collect', (await record())?.name])
  await cluster.run(10, half)
  assert.equal((await record())?.phase, 'Preparing')
  assert.ok((await podsOn(cluster, first)).includes('web'), 'nothing has left')
  await answer(cluster, pod.metadata.name, { outcome: 'done', why: '/evidence/a.txt.gz: 12 parts, 4096 bytes' })
  const done = await cluster.until('it succeeds', 120, [half], phaseOf(cluster, first, 'Succeeded'))
  assert.equal(done.evidence?.said, '/evidence/a.txt.gz: 12 parts, 4096 bytes')
})

test('what fails, what takes too long and what cannot begin is told, and the repair goes on', async (t) => {
  const failing = await given(t, { keep: 'Claim', claim: 'logs' })
  const pod = await failing.cluster.until(
    'the pod',
    60,
    [failing.half],
    async () => (await onNodePods(failing.cluster))[0],
  )
  await answer(failing.cluster, pod.metadata.name, { outcome: 'failed', why: 'no space left' })
  const failed = await failing.cluster.until(
    'it succeeds',
    120,
    [failing.half],
    phaseOf(failing.cluster, failing.first, 'Succeeded'),
  )
  assert.equal(failed.evidence?.said, 'nothing was kept: no space left')

  const slow = await given(t, { keep: 'Node', timeout: '30s' })
  const late = await slow.cluster.until('it succeeds', 180, [slow.half], phaseOf(slow.cluster, slow.first, 'Succeeded'))
  assert.match(late.evidence?.said ?? '', /^nothing was kept: the pod on the node had not ended after 30s/)
})

test('without the image, and by default, nothing is collected', async (t) => {
  const without = await given(t, { keep: 'Node' }, {})
  const done = await without.cluster.until(
    'it succeeds',
    120,
    [without.half],
    phaseOf(without.cluster, without.first, 'Succeeded'),
  )
  assert.equal(done.evidence, undefined)
  const none = await given(t, {})
  await none.cluster.until('it succeeds', 120, [none.half], phaseOf(none.cluster, none.first, 'Succeeded'))
  assert.deepEqual(await onNodePods(none.cluster), [])
})

test('a controller that takes over while it is collected makes no second pod', async (t) => {
  const { cluster, first, half } = await given(t, { keep: 'Node' })
  const pod = await cluster.until('the pod', 60, [half], async () => (await onNodePods(cluster))[0])
  await half.kill()
  const next = await cluster.half('b', { ...onNodeHalf, leadership: { fencingToken: 2 } })
  await cluster.run(10, next)
  assert.deepEqual(
    (await onNodePods(cluster)).map((one) => one.metadata.name),
    [pod.metadata.name],
  )
  await answer(cluster, pod.metadata.name, { outcome: 'done', why: 'kept' })
  await cluster.until('it succeeds', 120, [next], phaseOf(cluster, first, 'Succeeded'))
})
