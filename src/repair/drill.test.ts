/** A drill beside real repairs, in a whole cluster: what only injected evidence says is decided, and not done. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { flagText } from '../model/drill.ts'
import { givenBudget, givenCluster, givenPod, phaseOf } from './testing/given-cluster.ts'
import { whyOf } from './testing/given-workload.ts'

const message = `${flagText({ id: 'a1', mode: 'Decide' })}Xid 79`

test('a node that only a drill condemns is decided upon and stays as it is', async (t) => {
  const { cluster, first } = await givenCluster(t)
  const half = await cluster.half('a')
  await cluster.setCondition(first, 'KernelReady', 'False', 'Fatal', message)
  await cluster.run(60, half)
  const [record] = await cluster.repairs()
  assert.deepEqual(
    [record?.phase, record?.decision?.outcome, record?.decision?.decidedBy],
    ['Pending', 'would-act', 'drill'],
  )
  const node = (await cluster.nodes()).find((one) => one.metadata.name === first)
  assert.deepEqual(node?.spec?.taints ?? [], [])
})

test('a real fault that follows it is repaired, after its own toleration', async (t) => {
  const { cluster, first } = await givenCluster(t)
  const half = await cluster.half('a')
  await cluster.setCondition(first, 'KernelReady', 'False', 'Fatal', message)
  await cluster.run(30, half)
  const from = cluster.clock.now()
  await cluster.setCondition(first, 'KernelReady', 'False', 'Fatal', 'a real fault')
  await cluster.until('it is repaired', 60, [half], phaseOf(cluster, first, 'Succeeded'))
  const [record] = await cluster.repairs()
  assert.ok((record?.decision?.at ?? 0) >= from + 3_000)
})

test('a repair under way whose real fault is over is put back, although a drill goes on', async (t) => {
  const { cluster, first } = await givenCluster(t)
  await givenPod(cluster, first, 'web', { labels: { app: 'web' } })
  await givenBudget(cluster, 'web', { app: 'web' })
  const half = await cluster.half('a')
  await cluster.setCondition(first, 'KernelReady', 'False', 'Fatal', 'a real fault')
  await cluster.until('it drains', 30, [half], phaseOf(cluster, first, 'Draining'))
  await cluster.setCondition(first, 'KernelReady', 'False', 'Fatal', message)
  const cancelled = await cluster.until('it is cancelled', 30, [half], phaseOf(cluster, first, 'Cancelled'))
  assert.match(whyOf(cancelled), /KernelReady is False only because of drill a1 now/)
})
