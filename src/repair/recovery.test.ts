/** Kind 4: only a healthy report is recovery, and sick is counted since the first sick status. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nodes } from '../kube/api.ts'
import { patchObject } from '../kube/objects.ts'
import { type Context, givenPod, phaseOf } from './testing/given-cluster.ts'
import { type Half, quickPolicy, startTestCluster, type TestCluster } from './testing/test-cluster.ts'

const match = [{ condition: 'KernelReady' }, { condition: 'KernelReady', status: 'Unknown' }]
const spec = { ...quickPolicy, toleration: '60s' }

async function given(t: Context, policy: object) {
  const cluster = await startTestCluster()
  t.after(() => cluster.stop())
  await cluster.policy('kernel', policy)
  const half = await cluster.half('a')
  const node = (await cluster.nodes())[0]?.metadata.name ?? ''
  return { cluster, half, node }
}

/** Takes a condition off the node, as an agent does that is uninstalled. */
async function drop(cluster: TestCluster, node: string, type: string): Promise<void> {
  const patch = { status: { conditions: [{ $patch: 'delete', type }] } }
  await patchObject(cluster.api, nodes, { name: node }, patch, { type: 'strategic', subresource: 'status' })
}

/** Sets each status in turn, for ten seconds each. */
async function reported(cluster: TestCluster, half: Half, node: string, ...statuses: readonly string[]) {
  for (const status of statuses) {
    if (status === 'missing') await drop(cluster, node, 'KernelReady')
    else await cluster.setCondition(node, 'KernelReady', status)
    await cluster.run(10, half)
  }
}

const begun = async (cluster: TestCluster, node: string) =>
  (await cluster.repairs()).filter((one) => one.nodeName === node && one.taintedAt !== undefined).length

describe('kind 4: in mid-drain', () => {
  async function draining(t: Context) {
    const found = await given(t, { ...quickPolicy, drain: { timeout: '10m', blockedAfter: '10m' } })
    await givenPod(found.cluster, found.node, 'stays', { annotations: { 'nodemend.dev/do-not-disrupt': 'true' } })
    await found.cluster.setCondition(found.node, 'KernelReady', 'False')
    await found.cluster.until('it drains', 30, [found.half], phaseOf(found.cluster, found.node, 'Draining'))
    return found
  }
  const phase = async (cluster: TestCluster) => (await cluster.repairs())[0]?.phase

  for (const status of ['Unknown', 'missing'] as const) {
    test(`kind 4: the condition turns ${status} in mid-drain: the repair goes on`, async (t) => {
      const { cluster, half, node } = await draining(t)
      await reported(cluster, half, node, status)
      assert.equal(await phase(cluster), 'Draining')
    })
  }

  test('kind 4: the condition turns Unknown, then healthy in mid-drain: the repair is cancelled', async (t) => {
    const { cluster, half, node } = await draining(t)
    await reported(cluster, half, node, 'Unknown', 'True')
    assert.equal(await phase(cluster), 'Cancelled')
  })

  test('kind 4: a condition of which True is sick turns Unknown in mid-drain: the repair goes on', async (t) => {
    const { cluster, half, node } = await given(t, {
      ...quickPolicy,
      match: [{ condition: 'KernelDeadlock', status: 'True' }],
      drain: { timeout: '10m', blockedAfter: '10m' },
    })
    await givenPod(cluster, node, 'stays', { annotations: { 'nodemend.dev/do-not-disrupt': 'true' } })
    await cluster.setCondition(node, 'KernelDeadlock', 'True')
    await cluster.until('it drains', 30, [half], phaseOf(cluster, node, 'Draining'))
    await cluster.setCondition(node, 'KernelDeadlock', 'Unknown')
    await cluster.run(10, half)
    assert.equal(await phase(cluster), 'Draining')
    await cluster.setCondition(node, 'KernelDeadlock', 'False')
    await cluster.run(2, half)
    assert.equal(await phase(cluster), 'Cancelled')
  })
})

describe('kind 4: the toleration', () => {
  test('kind 4: the status changes between False and Unknown every ten seconds: it counts since the first', async (t) => {
    const { cluster, half, node } = await given(t, { ...spec, match })
    await reported(cluster, half, node, 'False', 'Unknown', 'False', 'Unknown', 'False', 'Unknown', 'False')
    assert.equal(await begun(cluster, node), 1)
  })

  test('kind 4: the policy matches False alone, and Unknown lies in between: it counts since the first False', async (t) => {
    const { cluster, half, node } = await given(t, spec)
    await reported(cluster, half, node, 'False', 'Unknown', 'Unknown', 'Unknown')
    const [record] = await cluster.repairs()
    assert.deepEqual([record?.phase, record?.decision?.outcome], ['Pending', 'wait'])
    assert.match(
      record?.decision?.gates[0]?.why ?? '',
      /^no rule matches KernelReady as it is now, but nobody has reported it healthy since/,
    )
    await reported(cluster, half, node, 'Unknown', 'Unknown', 'False')
    assert.equal(await begun(cluster, node), 1)
  })

  test('kind 4: nothing is begun while the policy does not match, however long it was sick before', async (t) => {
    const { cluster, half, node } = await given(t, spec)
    await reported(
      cluster,
      half,
      node,
      'False',
      'Unknown',
      'missing',
      'Unknown',
      'missing',
      'Unknown',
      'missing',
      'Unknown',
    )
    assert.equal(await begun(cluster, node), 0)
  })

  test('kind 4: the condition is missing for a while: it counts since the first False', async (t) => {
    const { cluster, half, node } = await given(t, spec)
    await reported(cluster, half, node, 'False', 'missing', 'missing', 'missing', 'missing', 'missing', 'False')
    assert.equal(await begun(cluster, node), 1)
  })

  test('kind 4: one healthy report lies in between: the toleration begins anew', async (t) => {
    const { cluster, half, node } = await given(t, { ...spec, match })
    await reported(cluster, half, node, 'False', 'Unknown', 'False', 'True', 'False', 'Unknown', 'False')
    assert.equal(await begun(cluster, node), 0)
  })

  test('kind 4: a healthy report comes and goes between two passes: the toleration begins anew', async (t) => {
    const { cluster, half, node } = await given(t, spec)
    await reported(cluster, half, node, 'False', 'False', 'False', 'False')
    await cluster.setCondition(node, 'KernelReady', 'True')
    await reported(cluster, half, node, 'False', 'False', 'False')
    assert.equal(await begun(cluster, node), 0)
  })

  test('kind 4: another leader takes over between two sick statuses: it counts since the first', async (t) => {
    const { cluster, half, node } = await given(t, { ...spec, match })
    await reported(cluster, half, node, 'False', 'Unknown', 'False')
    await half.kill()
    const next = await cluster.half('b')
    await cluster.run(35, next)
    assert.equal(await begun(cluster, node), 1)
  })
})
