/** A controller that takes over a repair in the middle of which version 0.1.0 was replaced. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type KubeObject, nodeRepairs } from '../kube/api.ts'
import { getObject, replaceObject } from '../kube/objects.ts'
import { givenCluster, phaseOf } from './testing/given-cluster.ts'

/** The fields of a status that version 0.1.0 does not write. */
const added = ['successorName', 'successorUID', 'successorSince', 'callAt', 'callBootID'] as const

test('a replacement that version 0.1.0 began is proven on the node that it had found', async (t) => {
  const { cluster, first } = await givenCluster(t)
  const a = await cluster.half('a')
  await cluster.setCondition(first, 'KernelReady', 'False')
  const dwelling = await cluster.until('it dwells', 60, [a], phaseOf(cluster, first, 'Dwelling'))
  await a.kill()
  const ref = { name: dwelling.name }
  const object = await getObject<KubeObject & { status: Record<string, unknown> }>(cluster.api, nodeRepairs, ref)
  const status = Object.fromEntries(Object.entries(object.status).filter(([key]) => !added.some((one) => one === key)))
  await replaceObject(cluster.api, nodeRepairs, ref, { ...object, status }, { subresource: 'status' })
  const b = await cluster.half('b', { leadership: { fencingToken: 2 } })
  const done = await cluster.until('it is proven', 60, [b], phaseOf(cluster, first, 'Succeeded'))
  assert.equal(done.successor?.uid, dwelling.successor?.uid)
  assert.equal((await cluster.repairs()).length, 1)
})
