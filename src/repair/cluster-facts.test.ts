/** Kind 2: a fact about the whole cluster is no answer about one node. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type KubeObject, leases, nodes } from '../kube/api.ts'
import { createObject, patchObject } from '../kube/objects.ts'
import { type Context, givenCluster, phaseOf } from './testing/given-cluster.ts'
import { quickPolicy, type TestCluster } from './testing/test-cluster.ts'

const roomy = { ...quickPolicy, breaker: { minNodes: 0, share: '100%', rate: '100%' } }
const dayMs = 86_400_000

async function taintAll(cluster: TestCluster, taints: (index: number) => readonly object[]): Promise<void> {
  for (const [index, { metadata }] of (await cluster.nodes()).entries()) {
    const { name = '' } = metadata
    await patchObject(cluster.api, nodes, { name }, { spec: { taints: taints(index) } }, { type: 'merge' })
  }
}

/** Nodes that are not ready and whose kubelets stopped `ageMs` ago. */
async function givenStopped(cluster: TestCluster, count: number, ageMs: number): Promise<void> {
  const at = new Date(cluster.clock.now() - ageMs).toISOString()
  for (let index = 0; index < count; index++) {
    const name = `stopped-${index}`
    const condition = { type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown', message: '' }
    const conditions = [{ ...condition, lastHeartbeatTime: at, lastTransitionTime: at }]
    const annotations = { 'embedded.nodemend.dev/kubelet': 'stopped' }
    await createObject(cluster.api, nodes, { metadata: { name, annotations }, status: { conditions } } as KubeObject)
    await patchObject(
      cluster.api,
      nodes,
      { name },
      { status: { conditions } },
      { type: 'strategic', subresource: 'status' },
    )
    const lease = { metadata: { name, namespace: 'kube-node-lease' }, spec: { renewTime: at.replace('Z', '000Z') } }
    await createObject(cluster.api, leases, lease as KubeObject)
  }
}

async function sick(t: Context, spec: object = roomy, size = 4) {
  const { cluster, first } = await givenCluster(t, spec, size)
  return { cluster, first, half: await cluster.half('a') }
}

const gateOf = async (cluster: TestCluster, gate: string) =>
  (await cluster.repairs())[0]?.decision?.gates.find((one) => one.gate === gate)

describe('kind 2: dedicated taints', () => {
  const gpu = { key: 'nvidia.com/gpu', value: 'present', effect: 'NoSchedule' }

  test('every node carries the dedicated taint of its pool: the sick node is repaired', async (t) => {
    const { cluster, first, half } = await sick(t)
    await taintAll(cluster, () => [gpu])
    await cluster.setCondition(first, 'KernelReady', 'False')
    await cluster.until('it is repaired', 60, [half], phaseOf(cluster, first, 'Succeeded'))
  })

  test('a truly last node of a tainted pool is not drained', async (t) => {
    const { cluster, first, half } = await sick(t)
    await taintAll(cluster, () => [gpu])
    for (const { metadata } of await cluster.nodes()) {
      const { name = '' } = metadata
      if (name !== first)
        await patchObject(cluster.api, nodes, { name }, { spec: { unschedulable: true } }, { type: 'merge' })
    }
    await cluster.setCondition(first, 'KernelReady', 'False')
    await cluster.run(15, half)
    assert.equal((await gateOf(cluster, 'last-node'))?.answer, 'refuse')
  })

  test('other nodes with a taint that this one has not take none of its pods', async (t) => {
    const { cluster, first, half } = await sick(t)
    const firstIndex = (await cluster.nodes()).findIndex((one) => one.metadata.name === first)
    await taintAll(cluster, (index) => (index === firstIndex ? [] : [gpu]))
    await cluster.setCondition(first, 'KernelReady', 'False')
    await cluster.run(15, half)
    assert.equal((await gateOf(cluster, 'last-node'))?.answer, 'refuse')
  })

  test('a pressure that every node has is no dedicated taint', async (t) => {
    const { cluster, first, half } = await sick(t)
    for (const { metadata } of await cluster.nodes())
      await cluster.setCondition(metadata.name ?? '', 'DiskPressure', 'True')
    await taintAll(cluster, () => [{ key: 'node.kubernetes.io/disk-pressure', effect: 'NoSchedule' }])
    await cluster.setCondition(first, 'KernelReady', 'False')
    await cluster.run(15, half)
    assert.equal((await gateOf(cluster, 'last-node'))?.answer, 'refuse')
  })

  test('two dedicated taints here, one of them there: the other node takes its pods', async (t) => {
    const { cluster, first, half } = await sick(t)
    const firstIndex = (await cluster.nodes()).findIndex((one) => one.metadata.name === first)
    const team = { key: 'team', value: 'ml', effect: 'NoSchedule' }
    await taintAll(cluster, (index) => (index === firstIndex ? [gpu, team] : [gpu]))
    await cluster.setCondition(first, 'KernelReady', 'False')
    await cluster.until('it is repaired', 60, [half], phaseOf(cluster, first, 'Succeeded'))
  })
})

describe('kind 2: kubelets that stopped', () => {
  test('nodes that died a day ago do not freeze the living: the sick node is repaired', async (t) => {
    const { cluster, first, half } = await sick(t)
    await givenStopped(cluster, 12, dayMs)
    await cluster.setCondition(first, 'KernelReady', 'False')
    await cluster.until('it is repaired', 60, [half], phaseOf(cluster, first, 'Succeeded'))
    assert.ok(!half.events.some((one) => /leases/.test(one.message)))
  })

  test('as many that stopped a minute and a half ago freeze everything', async (t) => {
    const { cluster, first, half } = await sick(t)
    await givenStopped(cluster, 12, 90_000)
    await cluster.setCondition(first, 'KernelReady', 'False')
    await cluster.run(30, half)
    const gate = await gateOf(cluster, 'api-health')
    assert.match(gate?.why ?? '', /more than half of the kubelet leases/)
  })

  test('a day old and fresh ones together: the dead count neither way', async (t) => {
    const { cluster, first, half } = await sick(t)
    await givenStopped(cluster, 30, 2 * dayMs)
    await cluster.setCondition(first, 'KernelReady', 'False')
    await cluster.until('it is repaired', 60, [half], phaseOf(cluster, first, 'Succeeded'))
  })
})
