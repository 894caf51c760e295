/** L15: the trail of repairs stays readable, and a name means one attempt. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nodeRepairs } from '../kube/api.ts'
import { deleteObject } from '../kube/objects.ts'
import { givenCluster, phaseOf } from './testing/given-cluster.ts'
import { quickPolicy } from './testing/test-cluster.ts'

const patient = { ...quickPolicy, toleration: '1h' }

test('L15: a cancelled record keeps the condition and the reason that it was about', async (t) => {
  const { cluster, first } = await givenCluster(t, patient)
  const half = await cluster.half('a')
  await cluster.setCondition(first, 'KernelReady', 'False', 'SoftLockup')
  await cluster.until('it is on record', 10, [half], phaseOf(cluster, first, 'Pending'))
  await cluster.setCondition(first, 'KernelReady', 'True', 'KernelIsReady')
  const { decision } = await cluster.until('it is cancelled', 10, [half], phaseOf(cluster, first, 'Cancelled'))
  assert.equal(decision?.outcome, 'cleared')
  assert.deepEqual([decision.rule?.condition, decision.rule?.reason], ['KernelReady', 'SoftLockup'])
})

test('L15: the name of a deleted record is not used again, by whichever controller', async (t) => {
  const { cluster, first } = await givenCluster(t, patient)
  const [half, standby] = [await cluster.half('a'), await cluster.half('b', { leadership: { leading: false } })]
  await cluster.setCondition(first, 'KernelReady', 'False', 'SoftLockup')
  const one = await cluster.until('it is on record', 10, [half, standby], phaseOf(cluster, first, 'Pending'))
  await deleteObject(cluster.api, nodeRepairs, { name: one.name })
  const two = await cluster.until('the next one', 10, [half, standby], phaseOf(cluster, first, 'Pending'))
  assert.deepEqual([two.number, two.name], [2, one.name.replace(/1$/, '2')])
  await deleteObject(cluster.api, nodeRepairs, { name: two.name })
  await cluster.run(1, standby)
  await half.kill()
  standby.leadership = { ...standby.leadership, leading: true, fencingToken: 2 }
  const three = await cluster.until('one of the other controller', 10, [standby], phaseOf(cluster, first, 'Pending'))
  assert.equal(three.number, 3)
})
