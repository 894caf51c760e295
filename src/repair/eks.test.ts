/** The provider eks in a whole cluster: a modelled Auto Scaling group ends, boots and starts the machines of the nodes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type KubeObject, nodes } from '../kube/api.ts'
import { createObject, deleteObject, patchObject } from '../kube/objects.ts'
import { ModelCloud } from '../providers/eks/testing/cloud.ts'
import { quickPolicy, startTestCluster, type TestCluster } from './testing/test-cluster.ts'

const labels = { 'eks.amazonaws.com/nodegroup': 'gpu' }
const first = 'i-00000001'
const healthy = ['Ready', 'KernelReady']

/** The machine with that id joins as a node of the same name. */
async function join(cluster: TestCluster, id: string): Promise<void> {
  const spec = { providerID: `aws:///eu-west-1a/${id}` }
  await createObject<KubeObject>(cluster.api, nodes, { metadata: { name: id, labels }, spec } as KubeObject)
  await boot(cluster, id, 'boot-1')
}

async function boot(cluster: TestCluster, name: string, bootID: string): Promise<void> {
  const status = { nodeInfo: { bootID } }
  await patchObject(cluster.api, nodes, { name }, { status }, { type: 'strategic', subresource: 'status' })
  await cluster.run(1) // what is said in the second of the boot may be from before it
  for (const type of healthy) await cluster.setCondition(name, type, 'True')
}

async function given(t: { after(run: () => Promise<void>): void }, replaceFirst: boolean) {
  const cluster = await startTestCluster({ groups: [] })
  t.after(() => cluster.stop())
  const cloud = new ModelCloud([first, 'i-00000002', 'i-00000003'], 4)
  for (const { id } of cloud.members) await join(cluster, id)
  const half = await cluster.half('a', { providers: ['eks'], eks: { cloud: cloud.cloud(), replaceFirst } })
  /** What AWS and kubelet do in a second: a machine ends with its Node, one that is missing starts and joins. */
  const live = async (): Promise<void> => {
    const ending = [...cloud.machines].filter(([, { lifecycle }]) => lifecycle.startsWith('Terminating'))
    cloud.finish()
    for (const [name] of ending) await deleteObject(cluster.api, nodes, { name })
    while (cloud.members.length < cloud.desired) {
      const id = `i-0000000${cloud.machines.size + 1}`
      cloud.start(id)
      await join(cluster, id)
    }
    for (const [name, machine] of cloud.machines) {
      if (machine.boots === 0) continue
      machine.boots = 0
      await boot(cluster, name, 'boot-2')
    }
  }
  const repaired = () =>
    cluster.until('it is repaired', 180, [half], async () => {
      await live()
      return (await cluster.repairs()).find(({ phase }) => phase === 'Succeeded')
    })
  return { cluster, cloud, half, repaired }
}

for (const replaceFirst of [false, true]) {
  test(`a sick node is replaced${replaceFirst ? ', its replacement first' : ''}, and the group keeps its size`, async (t) => {
    const { cluster, cloud, repaired } = await given(t, replaceFirst)
    await cluster.policy('kernel', quickPolicy)
    await cluster.setCondition(first, 'KernelReady', 'False')
    const { target, successor } = { target: first, successor: (await repaired()).successor }
    assert.equal(successor?.name, 'i-00000004')
    assert.deepEqual(cloud.changes.at(-1), { kind: 'terminate', instance: target, decrement: replaceFirst })
    assert.equal(cloud.changes.length, replaceFirst ? 3 : 1)
    assert.deepEqual([cloud.desired, cloud.members.length], [3, 3])
    const left = (await cluster.nodes()).map(({ metadata }) => metadata.name)
    assert.deepEqual(left.sort(), ['i-00000002', 'i-00000003', 'i-00000004'])
  })
}

test('a sick node is rebooted once, and proves itself after its boot', async (t) => {
  const { cluster, cloud, repaired } = await given(t, false)
  await cluster.policy('kernel', { ...quickPolicy, action: 'Reboot' })
  await cluster.setCondition(first, 'KernelReady', 'False')
  assert.equal((await repaired()).successor?.name, first)
  assert.deepEqual(cloud.changes, [{ kind: 'reboot', instance: first }])
})

test('a node group that EKS repairs itself is left alone, and the record says so', async (t) => {
  const { cluster, cloud, half } = await given(t, false)
  cloud.nodegroup = { ...cloud.nodegroup, repairs: true, limits: 'on; stops above 3 unhealthy' }
  await cluster.policy('kernel', quickPolicy)
  await cluster.setCondition(first, 'KernelReady', 'False')
  await cluster.run(60, half)
  assert.deepEqual(cloud.changes, [])
  const said = JSON.stringify((await cluster.repairs()).map(({ decision }) => decision))
  assert.match(said, /EKS repairs node group gpu itself \(nodeRepairConfig: on; stops above 3 unhealthy\)/)
  const node = (await cluster.nodes()).find(({ metadata }) => metadata.name === first)
  assert.equal(node?.spec?.taints, undefined, 'nothing on the node was touched')
})
