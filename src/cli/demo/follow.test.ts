/** The demo's live history where people step in, against a modelled cluster and a controller on a stepped clock. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHistory } from '../../drill/fault-history.ts'
import { nodeRepairs, nodes, podDisruptionBudgets } from '../../kube/api.ts'
import { deleteObject } from '../../kube/objects.ts'
import { type Context, givenBudget, givenCluster, givenPod } from '../../repair/testing/given-cluster.ts'
import { Follower } from './follow.ts'

/** A fault on a node whose drain a budget holds up, and what the history has said of it so far. */
async function given(t: Context) {
  const { cluster, first } = await givenCluster(t)
  await givenPod(cluster, first, 'web', { labels: { app: 'web' } })
  await givenBudget(cluster, 'web', { app: 'web' })
  const half = await cluster.half('a')
  const said: string[] = []
  const io = { clock: cluster.clock, random: () => 0.5 }
  const follower = new Follower(io, {
    onEntry: ({ stage }) => void said.push(stage),
    onAside: (kind, text) => void said.push(`${kind}: ${text}`),
    onFinding: () => undefined,
  })
  const stop = new AbortController()
  const watching = follower.watch(cluster.api, stop.signal)
  t.after(async () => {
    stop.abort()
    await watching
  })
  follower.begin(startHistory(first, 'KernelReady', 'line', cluster.clock.now()))
  await cluster.setCondition(first, 'KernelReady', 'False')
  const until = (what: RegExp) =>
    cluster.until(`it says ${what}`, 60, [half], async () => (what.test(said.at(-1) ?? '') ? true : undefined))
  await until(/^cordon$/)
  assert.deepEqual(said.splice(0), ['injected', 'condition', 'decision', 'cordon'])
  const release = () => deleteObject(cluster.api, podDisruptionBudgets, { name: 'web', namespace: 'default' })
  return { cluster, node: first, follower, said, until, release }
}

const again = 'the node is taken again as soon as it is sick and every gate allows it'

test('a veto ends the repair; what stands in the way of the next one is said, and how to go on', async (t) => {
  const { cluster, node, follower, said, until, release } = await given(t)
  await cluster.annotate(nodes, node, { 'nodemend.dev/veto': 'kim' })
  await until(/^waits/)
  assert.deepEqual(said.splice(0), [
    `ended: Cancelled: veto: annotation nodemend.dev/veto=kim; ${again}`,
    'waits: veto: annotation nodemend.dev/veto=kim; to go on: remove the annotation nodemend.dev/veto from the node',
  ])
  await release()
  await cluster.annotate(nodes, node, { 'nodemend.dev/veto': null })
  await until(/^proof$/)
  assert.deepEqual(said, ['decision', 'cordon', 'drain', 'replacement', 'proof'])
  assert.deepEqual([follower.history?.failed, follower.history?.waiting], [undefined, undefined])
})

test('a deleted NodeRepair is said, and the repair that begins after it is followed to its proof', async (t) => {
  const { cluster, said, until, release } = await given(t)
  for (const { name } of await cluster.repairs()) await deleteObject(cluster.api, nodeRepairs, { name })
  await until(/^cordon$/)
  assert.deepEqual(said.splice(0), [
    `ended: Cancelled: somebody deleted its NodeRepair; ${again}`,
    'decision',
    'cordon',
  ])
  await release()
  await until(/^proof$/)
  assert.deepEqual(said, ['drain', 'replacement', 'proof'])
})
