/** Actions by a pod on the node, through the front door: asked once, answered by exit status and message, proven, tidied. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { kubeletAnnotation } from '../embedded/model/kubelet.ts'
import { nodeHealths, nodes, pods } from '../kube/api.ts'
import { connectTo } from '../kube/connect.ts'
import { createObject, deleteObject, patchObject } from '../kube/objects.ts'
import { limitedTo } from '../kube/testing/limited-api.ts'
import type { OnNodeResult } from '../model/on-node/order.ts'
import type { Attempt } from '../model/repair.ts'
import { seededRandom } from '../telemetry/clock.ts'
import { rightsWithProviders } from './rights/rights.ts'
import { type Context, givenCluster, givenPod, phaseOf } from './testing/given-cluster.ts'
import { answer, home, onNodeHalf, onNodePods } from './testing/given-on-node.ts'
import { podsOn, quickPolicy, type TestCluster } from './testing/test-cluster.ts'

const { action: _, ...rest } = quickPolicy
const reset = 'ResetGPU'
const restart = 'RestartService'
const address = '0000:3b:00.0'

async function given(t: Context, reason: string, ladder: readonly string[], half: object = onNodeHalf, size = 4) {
  const spec = { ...rest, ladder: ladder.map((action) => ({ action })) }
  const { cluster, first } = await givenCluster(t, spec, size)
  const { clock, url, token } = cluster
  const own = connectTo({ server: url, token: () => token }, { clock, random: seededRandom(5) })
  const limited = limitedTo(own, () => rightsWithProviders(home, ['embedded'], true))
  const controller = await cluster.half('a', { ...half, api: limited.api })
  await givenPod(cluster, first, 'web')
  await cluster.setCondition(first, 'KernelReady', 'False', reason)
  return { cluster, first, half: controller, limited }
}

const givenHealth = (cluster: TestCluster, name: string, devices: readonly object[]): Promise<unknown> => {
  const stamp = '2026-03-01T12:00:00Z'
  const findings = devices.map((device) => ({
    reason: 'GpuAsksReset',
    condition: 'AcceleratedHardwareReady',
    severity: 'fatal',
    message: '',
    since: stamp,
    lastSeen: stamp,
    trust: 'kernel',
    count: 1,
    device,
  }))
  const report = { machine: { bootId: 'b' }, findings, monitors: [], accelerators: [], disks: [], nics: [] }
  return createObject(cluster.api, nodeHealths, { metadata: { name }, report } as never)
}

const theirPod = (cluster: TestCluster) => async () => (await onNodePods(cluster))[0]
const done: OnNodeResult = { outcome: 'done', why: 'containerd.service is active as process 2' }
const whyOf = (attempt: Attempt): string => attempt.phases.at(-1)?.why ?? ''

describe('RestartService', () => {
  test('asks a pod on the node once; no pod leaves the node, and the same node proves it', async (t) => {
    const { cluster, first, half, limited } = await given(t, 'RuntimeHangs', [restart])
    const pod = await cluster.until('the pod', 60, [half], theirPod(cluster))
    const [container] = pod.spec.containers
    assert.equal(pod.spec.nodeName, first)
    assert.deepEqual(container?.command.slice(0, 4), ['nodemend', 'on-node', 'restart-service', 'container-runtime'])
    await cluster.run(20, half)
    assert.equal((await onNodePods(cluster)).length, 1)
    await answer(cluster, pod.metadata.name, done)
    const dwelling = await cluster.until('it is done', 30, [half], phaseOf(cluster, first, 'Dwelling'))
    assert.match(whyOf(dwelling), /has a service started anew: containerd\.service is active as process 2/)
    await cluster.setCondition(first, 'KernelReady', 'True')
    await cluster.until('it is proven', 400, [half], phaseOf(cluster, first, 'Succeeded'))
    await cluster.run(2, half)
    assert.deepEqual(await onNodePods(cluster), [], 'its pod is deleted')
    assert.deepEqual(await podsOn(cluster, first), ['web'])
    assert.deepEqual(limited.refused, [])
  })

  test('what is refused or fails on the node fails, with the words of the pod, and the next rung follows', async (t) => {
    const { cluster, first, half } = await given(t, 'RuntimeHangs', [restart, 'Reboot'])
    const pod = await cluster.until('the pod', 60, [half], theirPod(cluster))
    const why = 'containerd.service is masked\u001b[31m\nby somebody'
    await answer(cluster, pod.metadata.name, { outcome: 'refused', why })
    const failed = await cluster.until('it fails', 30, [half], phaseOf(cluster, first, 'Failed'))
    assert.match(
      whyOf(failed),
      /^refused on the node, nothing was touched: containerd\.service is masked \[31m by somebody/,
    )
    const next = await cluster.until('the next rung', 700, [half], async () =>
      (await cluster.repairs()).find((one) => one.plan?.action === 'Reboot'),
    )
    assert.equal(next.nodeName, first)
  })

  test('a proven restart after which the fault comes back counts as one that did not help', async (t) => {
    const { cluster, first, half } = await given(t, 'RuntimeHangs', [restart, 'Reboot'])
    const pod = await cluster.until('the pod', 60, [half], theirPod(cluster))
    await answer(cluster, pod.metadata.name, done)
    await cluster.until('it is done', 30, [half], phaseOf(cluster, first, 'Dwelling'))
    await cluster.setCondition(first, 'KernelReady', 'True')
    await cluster.until('it is proven', 400, [half], phaseOf(cluster, first, 'Succeeded'))
    await cluster.run(3_600, half)
    await cluster.setCondition(first, 'KernelReady', 'False', 'RuntimeHangs')
    const next = await cluster.until('the next rung', 120, [half], async () =>
      (await cluster.repairs()).find((one) => one.phase !== 'Succeeded' && one.plan !== undefined),
    )
    assert.equal(next.plan?.action, 'Reboot')
  })

  test('a node that is not ready is not asked: the ladder goes on to what needs no kubelet', async (t) => {
    const { cluster, half, first } = await given(t, 'RuntimeHangs', [restart, 'Replace'])
    await cluster.annotate(nodes, first, { [kubeletAnnotation]: 'stopped' })
    await cluster.setCondition(first, 'Ready', 'False', 'KubeletStopped')
    const begun = await cluster.until('it begins', 60, [half], async () =>
      (await cluster.repairs()).find((one) => one.plan !== undefined),
    )
    assert.equal(begun.plan?.action, 'Replace')
    assert.deepEqual(await onNodePods(cluster), [])
  })

  test('the only node of a cluster is asked, too: no pod leaves it', async (t) => {
    const { cluster, first, half } = await given(t, 'RuntimeHangs', [restart], onNodeHalf, 1)
    const pod = await cluster.until('the pod', 60, [half], theirPod(cluster))
    assert.equal(pod.spec.nodeName, first)
  })

  test('without a rung that fits the gate says why', async (t) => {
    const { cluster, half } = await given(t, 'SomethingElse', [restart])
    await cluster.run(20, half)
    const [record] = await cluster.repairs()
    const gate = record?.decision?.gates.find((one) => one.gate === 'provider')
    assert.deepEqual([record?.phase, record?.decision?.decidedBy], ['Pending', 'provider'])
    assert.equal(gate?.why, 'the catalogue names no service to restart for SomethingElse')
  })

  test('a controller without the image says which flag it lacks', async (t) => {
    const { suggestions } = onNodeHalf
    const { cluster, half } = await given(t, 'RuntimeHangs', [restart, 'Replace'], { suggestions })
    await cluster.run(20, half)
    const gate = (await cluster.repairs())[0]?.decision?.gates.find((one) => one.gate === 'provider')
    assert.match(gate?.why ?? '', /was started without --on-node-image/)
  })

  test('a pod that somebody deletes leaves the outcome unknown, and it is not asked again', async (t) => {
    const { cluster, first, half } = await given(t, 'RuntimeHangs', [restart])
    const pod = await cluster.until('the pod', 60, [half], theirPod(cluster))
    await deleteObject(cluster.api, pods, { namespace: home, name: pod.metadata.name }, { gracePeriodSeconds: 0 })
    await cluster.run(60, half)
    assert.deepEqual(await onNodePods(cluster), [])
    const failed = await cluster.until('it fails', 1_300, [half], phaseOf(cluster, first, 'Failed'))
    assert.match(whyOf(failed), /^no answer in time: pod default\/.* is not there/)
  })

  test('another controller takes over while the pod runs, and makes no second one', async (t) => {
    const { cluster, first, half } = await given(t, 'RuntimeHangs', [restart])
    const pod = await cluster.until('the pod', 60, [half], theirPod(cluster))
    await half.kill()
    const next = await cluster.half('b', { ...onNodeHalf, leadership: { fencingToken: 2 } })
    await cluster.run(20, next)
    assert.deepEqual(
      (await onNodePods(cluster)).map(({ metadata }) => metadata.name),
      [pod.metadata.name],
    )
    await answer(cluster, pod.metadata.name, done)
    await cluster.until('it is done', 30, [next], phaseOf(cluster, first, 'Dwelling'))
  })

  test('what an ended repair left is taken away by the next controller', async (t) => {
    const { cluster, half } = await given(t, 'SomethingElse', [restart])
    const metadata = { name: 'old-1-restart-service', namespace: home, labels: {} }
    const labels = {
      'app.kubernetes.io/name': 'nodemend',
      'app.kubernetes.io/component': 'on-node',
      'nodemend.dev/repair': 'old-1',
    }
    await createObject(cluster.api, pods, {
      metadata: { ...metadata, labels },
      spec: { containers: [{ name: 'c', image: 'i' }] },
    } as never)
    await cluster.run(2, half)
    assert.deepEqual(await onNodePods(cluster), [])
  })
})

describe('ResetGPU', () => {
  test('pods that hold an accelerator leave first, the others stay, and the GPU of the finding is named', async (t) => {
    const { cluster, first, half, limited } = await given(t, 'GpuAsksReset', [reset])
    await givenHealth(cluster, first, [{ name: address, pci: address, uuid: 'GPU-1' }])
    const resources = { limits: { 'nvidia.com/gpu': '1' } }
    const spec = { nodeName: first, containers: [{ name: 'c', image: 'i', resources }] }
    const owner = { apiVersion: 'batch/v1', kind: 'Job', name: 'train', uid: 'u', controller: true }
    const metadata = { name: 'train', namespace: 'default', ownerReferences: [owner] }
    await createObject(cluster.api, pods, { metadata, spec } as never)
    const pod = await cluster.until('the pod', 90, [half], theirPod(cluster))
    assert.deepEqual(pod.spec.containers[0]?.command.slice(2, 4), ['reset-gpu', address])
    assert.deepEqual(await podsOn(cluster, first), [pod.metadata.name, 'web'].sort())
    await answer(cluster, pod.metadata.name, { outcome: 'done', why: `GPU ${address} was reset` })
    await cluster.until('it is done', 30, [half], phaseOf(cluster, first, 'Dwelling'))
    await cluster.setCondition(first, 'KernelReady', 'True')
    const proven = await cluster.until('it is proven', 400, [half], phaseOf(cluster, first, 'Succeeded'))
    assert.deepEqual(proven.plan?.target, { kind: 'GPU', name: address, uid: 'GPU-1' })
    assert.deepEqual(limited.refused, [])
  })

  test('without a NodeHealth that names a GPU it is refused, and nothing is touched', async (t) => {
    const { cluster, first, half } = await given(t, 'GpuAsksReset', [reset])
    await cluster.run(20, half)
    const [record] = await cluster.repairs()
    const gate = record?.decision?.gates.find((one) => one.gate === 'target')
    assert.equal(gate?.why, `NodeHealth ${first} names no GPU for GpuAsksReset`)
    const node = (await cluster.nodes()).find((one) => one.metadata.name === first)
    assert.deepEqual(node?.spec?.taints ?? [], [])
  })
})

test('an order is for one boot: a node that has booted anew meanwhile fails the repair', async (t) => {
  const { cluster, first, half } = await given(t, 'RuntimeHangs', [restart])
  const pod = await cluster.until('the pod', 60, [half], theirPod(cluster))
  const bootId = (await cluster.nodes()).find((one) => one.metadata.name === first)?.status?.nodeInfo?.bootID
  assert.ok(pod.spec.containers[0]?.command.includes(`--boot-id=${bootId}`))
  await patchObject(
    cluster.api,
    nodes,
    { name: first },
    { status: { nodeInfo: { bootID: 'other' } } },
    { type: 'merge', subresource: 'status' },
  )
  await answer(cluster, pod.metadata.name, { outcome: 'refused', why: 'this is another boot' })
  await cluster.until('it fails', 30, [half], phaseOf(cluster, first, 'Failed'))
})
