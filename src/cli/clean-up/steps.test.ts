/** What clean-up takes off nodes: that of the controller is told by its reason, that of others stays. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ownLifecycleReason } from '../../model/node-lifecycle.ts'
import { givenCluster } from '../../repair/testing/given-cluster.ts'
import { steps } from './steps.ts'

test('life-cycle conditions of ours go, and those of others stay', async (t) => {
  const { cluster, first } = await givenCluster(t)
  await cluster.setCondition(first, 'DrainInProgress', 'True', ownLifecycleReason)
  await cluster.setCondition(first, 'MaintenanceInProgress', 'True', 'AdminRequested')
  const { api, clock } = cluster
  const around = { api, clock, signal: new AbortController().signal, namespace: 'default', instance: 'nodemend' }
  await steps
    .find(({ name }) => name === 'nodes')
    ?.run({ ...around, leaseName: 'nodemend-controller', deadline: clock.monotonic() + 60_000 })
  const node = (await cluster.nodes()).find((one) => one.metadata.name === first)
  const types = node?.status?.conditions?.map(({ type }) => type) ?? []
  assert.deepEqual([types.includes('DrainInProgress'), types.includes('MaintenanceInProgress')], [false, true])
})
