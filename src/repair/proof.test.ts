/** Kind 5: what proves a repair, what does not and says which, and how long a machine may take to join. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nodes } from '../kube/api.ts'
import { patchObject } from '../kube/objects.ts'
import { type Context, phaseOf } from './testing/given-cluster.ts'
import { type Half, quickPolicy, startTestCluster, type TestCluster } from './testing/test-cluster.ts'

const minutes = 60

async function given(t: Context, policy: object = quickPolicy, replaceMs = 2_000, size = 4) {
  const cluster = await startTestCluster({ groups: [{ name: 'pool', size, replaceMs }] })
  t.after(() => cluster.stop())
  await cluster.policy('kernel', policy)
  const half = await cluster.half('a')
  const names = (await cluster.nodes()).map((one) => one.metadata.name ?? '')
  return { cluster, half, names, first: names[0] ?? '' }
}

/** The first node falls sick, and is replaced; `joined` is what takes its place. */
async function dwelling(cluster: TestCluster, half: Half, node: string) {
  await cluster.setCondition(node, 'KernelReady', 'False')
  const repair = await cluster.until('a new node has joined', 120, [half], phaseOf(cluster, node, 'Dwelling'))
  return repair.successor?.name ?? ''
}

const patchSpec = (cluster: TestCluster, name: string, spec: object) =>
  patchObject(cluster.api, nodes, { name }, { spec }, { type: 'merge' })

async function failure(cluster: TestCluster, half: Half, node: string): Promise<string> {
  const failed = await cluster.until('it fails', 25 * minutes, [half], phaseOf(cluster, node, 'Failed'))
  return failed.phases.at(-1)?.why ?? ''
}

describe('kind 5: a new node that is ready is not proven', () => {
  test('kind 5: while no detector reports on it, as one does on the other nodes of its pool', async (t) => {
    const { cluster, half, names, first } = await given(t)
    for (const name of names) await cluster.setCondition(name, 'KernelReady', 'True')
    const joined = await dwelling(cluster, half, first)
    assert.equal(
      await failure(cluster, half, first),
      `not proven in time: no detector reports KernelReady of ${joined}, as one does of the other nodes of its pool`,
    )
  })

  test('kind 5: while its detector says Unknown; then it reports, and the repair is proven', async (t) => {
    const { cluster, half, names, first } = await given(t)
    for (const name of names) await cluster.setCondition(name, 'KernelReady', 'True')
    const joined = await dwelling(cluster, half, first)
    await cluster.setCondition(joined, 'KernelReady', 'Unknown')
    await cluster.run(30, half)
    assert.ok(await phaseOf(cluster, first, 'Dwelling')())
    await cluster.setCondition(joined, 'KernelReady', 'True')
    await cluster.until('it is proven', 30, [half], phaseOf(cluster, first, 'Succeeded'))
  })

  test('kind 5: while it has a start-up taint that stays', async (t) => {
    const { cluster, half, first } = await given(t)
    const joined = await dwelling(cluster, half, first)
    await patchSpec(cluster, joined, { taints: [{ key: 'cni.example.com/starting', effect: 'NoSchedule' }] })
    assert.equal(
      await failure(cluster, half, first),
      `not proven in time: ${joined} still has taint cni.example.com/starting:NoSchedule, which other nodes of its pool do not have`,
    )
  })

  test('kind 5: while it is cordoned', async (t) => {
    const { cluster, half, first } = await given(t)
    const joined = await dwelling(cluster, half, first)
    await patchSpec(cluster, joined, { unschedulable: true })
    assert.match(await failure(cluster, half, first), /^not proven in time: .* is cordoned \(spec\.unschedulable\)$/)
  })

  test('kind 5: in a pool of one, while it has a known start-up taint', async (t) => {
    const cluster = await startTestCluster({
      groups: [
        { name: 'pool', size: 1, replaceMs: 2_000 },
        { name: 'other', size: 2, replaceMs: 2_000 },
      ],
    })
    t.after(() => cluster.stop())
    await cluster.policy('kernel', quickPolicy)
    const half = await cluster.half('a')
    const node = (await cluster.nodes()).find((one) => one.metadata.name?.startsWith('pool'))?.metadata.name ?? ''
    const joined = await dwelling(cluster, half, node)
    await patchSpec(cluster, joined, { taints: [{ key: 'ebs.csi.aws.com/agent-not-ready', effect: 'NoExecute' }] })
    assert.match(await failure(cluster, half, node), /still has taint ebs\.csi\.aws\.com\/agent-not-ready:NoExecute/)
  })
})

describe('kind 5: a new node is proven', () => {
  test('kind 5: with the dedicated taint that the other nodes of its pool have, too', async (t) => {
    const { cluster, half, names, first } = await given(t)
    const taints = [{ key: 'example.com/gpu', value: 'yes', effect: 'PreferNoSchedule' }]
    const dedicated = [{ key: 'example.com/gpu', value: 'yes', effect: 'NoExecute' }]
    for (const name of names.slice(2)) await patchSpec(cluster, name, { taints: dedicated })
    const joined = await dwelling(cluster, half, first)
    await patchSpec(cluster, joined, { taints: [...taints, ...dedicated] })
    await cluster.until('it is proven', 30, [half], phaseOf(cluster, first, 'Succeeded'))
  })

  test('kind 5: where most nodes of its pool have no detector either', async (t) => {
    const { cluster, half, names, first } = await given(t)
    await cluster.setCondition(names[1] ?? '', 'StorageReady', 'True')
    await dwelling(cluster, half, first)
    await cluster.until('it is proven', 30, [half], phaseOf(cluster, first, 'Succeeded'))
  })
})

describe('kind 5: a machine that takes 25 minutes to join', () => {
  const late = 25 * minutes * 1_000

  test('kind 5: is waited for where the policy says so, and the record tells', async (t) => {
    const { cluster, half, first } = await given(t, { ...quickPolicy, restraint: { dwell: '3s', join: '30m' } }, late)
    await cluster.setCondition(first, 'KernelReady', 'False')
    const waiting = await cluster.until('it waits', 60, [half], phaseOf(cluster, first, 'Observing'))
    assert.match(waiting.phases.at(-1)?.why ?? '', /a new one may take 30m by spec\.restraint\.join of policy kernel$/)
    await cluster.until('it is proven', 26 * minutes, [half], phaseOf(cluster, first, 'Succeeded'))
  })

  test('kind 5: is a failure after the default of 20 minutes, which names the field', async (t) => {
    const { cluster, half, first } = await given(t, quickPolicy, late)
    await cluster.setCondition(first, 'KernelReady', 'False')
    assert.equal(
      await failure(cluster, half, first),
      'no replacement in time (20m by spec.restraint.join of policy kernel): no new machine yet',
    )
  })
})
