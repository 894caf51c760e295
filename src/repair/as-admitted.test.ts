/** Kind 6: what was admitted is asked again before the commit. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type KubeObject, nodeClaims, nodeRepairs, nodes, repairPolicies } from '../kube/api.ts'
import { createObject, deleteObject, patchObject } from '../kube/objects.ts'
import { nodeClaimDefinition } from '../providers/karpenter/testing/definition.ts'
import { type Context, givenBudget, givenCluster, givenPod, phaseOf } from './testing/given-cluster.ts'
import { whyOf } from './testing/given-workload.ts'
import { quickPolicy, startTestCluster, type TestCluster } from './testing/test-cluster.ts'

const long = { ...quickPolicy, drain: { timeout: '1h', blockedAfter: '30m' } }

/** A repair that stands in its drain, because a budget allows nothing. */
async function draining(t: Context, spec: object = long) {
  const { cluster, first } = await givenCluster(t, spec)
  await givenPod(cluster, first, 'web', { labels: { app: 'web' } })
  await givenBudget(cluster, 'web', { app: 'web' })
  await cluster.run(3)
  const half = await cluster.half('a')
  await cluster.setCondition(first, 'KernelReady', 'False', 'OopsA')
  return { cluster, first, half }
}

const merge = { type: 'merge' } as const
const label = (cluster: TestCluster, name: string, labels: object) =>
  patchObject(cluster.api, nodes, { name }, { metadata: { labels } }, merge)

describe('kind 6: the policy and the node', () => {
  test('a node that leaves the selection in mid-drain is put back', async (t) => {
    const { cluster, first, half } = await draining(t, { ...long, nodeSelector: { team: 'a' } })
    await label(cluster, first, { team: 'a' })
    await cluster.until('it drains', 30, [half], phaseOf(cluster, first, 'Draining'))
    await label(cluster, first, { team: 'b' })
    const cancelled = await cluster.until('it is cancelled', 30, [half], phaseOf(cluster, first, 'Cancelled'))
    assert.match(whyOf(cancelled), /policy kernel no longer selects the node/)
  })

  test('a policy that is edited to select other nodes in mid-drain stops the repair', async (t) => {
    const { cluster, first, half } = await draining(t)
    await cluster.until('it drains', 30, [half], phaseOf(cluster, first, 'Draining'))
    await cluster.policy('kernel', { nodeSelector: { team: 'b' } })
    const cancelled = await cluster.until('it is cancelled', 30, [half], phaseOf(cluster, first, 'Cancelled'))
    assert.match(whyOf(cancelled), /no longer selects/)
  })

  test('a node that becomes a control-plane node in mid-drain is put back', async (t) => {
    const { cluster, first, half } = await draining(t)
    await cluster.until('it drains', 30, [half], phaseOf(cluster, first, 'Draining'))
    await label(cluster, first, { 'node-role.kubernetes.io/control-plane': '' })
    const cancelled = await cluster.until('it is cancelled', 30, [half], phaseOf(cluster, first, 'Cancelled'))
    assert.match(whyOf(cancelled), /a control-plane node/)
    const node = (await cluster.nodes()).find((one) => one.metadata.name === first)
    assert.deepEqual(node?.spec?.taints ?? [], [])
  })

  test('a reason that no rule of the policy names any more stops the repair', async (t) => {
    const { cluster, first, half } = await draining(t, {
      ...long,
      match: [{ condition: 'KernelReady', reason: 'OopsA' }],
    })
    await cluster.until('it drains', 30, [half], phaseOf(cluster, first, 'Draining'))
    await cluster.setCondition(first, 'KernelReady', 'False', 'OopsB')
    const cancelled = await cluster.until('it is cancelled', 30, [half], phaseOf(cluster, first, 'Cancelled'))
    assert.match(whyOf(cancelled), /no longer matches KernelReady=False \(OopsB\)/)
  })

  test('another reason of the same condition, which the policy matches as well, changes nothing', async (t) => {
    const { cluster, first, half } = await draining(t)
    await cluster.until('it drains', 30, [half], phaseOf(cluster, first, 'Draining'))
    await cluster.setCondition(first, 'KernelReady', 'False', 'OopsB')
    await cluster.run(10, half)
    assert.equal((await cluster.repairs())[0]?.phase, 'Draining')
  })

  test('a policy that is deleted in mid-drain stops the repair', async (t) => {
    const { cluster, first, half } = await draining(t)
    await cluster.until('it drains', 30, [half], phaseOf(cluster, first, 'Draining'))
    await deleteObject(cluster.api, repairPolicies, { name: 'kernel' })
    const cancelled = await cluster.until('it is cancelled', 30, [half], phaseOf(cluster, first, 'Cancelled'))
    assert.match(whyOf(cancelled), /policy kernel is gone/)
  })

  const takenBack: readonly (readonly [string, object, RegExp])[] = [
    ['only observes', { mode: 'Observe' }, /policy kernel only observes now/],
    ['asks for approval', { mode: 'Approve' }, /policy kernel asks for approval now/],
    ['says NoAction', { action: 'NoAction' }, /policy kernel no longer asks for Replace/],
    ['reboots', { action: 'Reboot' }, /policy kernel no longer asks for Replace/],
  ]
  for (const [now, spec, why] of takenBack) {
    test(`a policy that ${now} from mid-drain on stops the repair`, async (t) => {
      const { cluster, first, half } = await draining(t)
      await cluster.until('it drains', 30, [half], phaseOf(cluster, first, 'Draining'))
      await cluster.policy('kernel', spec)
      const cancelled = await cluster.until('it is cancelled', 30, [half], phaseOf(cluster, first, 'Cancelled'))
      assert.match(whyOf(cancelled), why)
    })
  }

  test('another policy that comes in mid-drain, counts instead and says NoAction stops the repair', async (t) => {
    const { cluster, first, half } = await draining(t)
    await cluster.until('it drains', 30, [half], phaseOf(cluster, first, 'Draining'))
    await cluster.policy('spare', { ...long, action: 'NoAction', precedence: 1 })
    const cancelled = await cluster.until('it is cancelled', 30, [half], phaseOf(cluster, first, 'Cancelled'))
    assert.match(whyOf(cancelled), /policy spare counts for KernelReady now, and says NoAction/)
  })
})

describe('kind 6: an approval', () => {
  const asks = { ...long, mode: 'Approve' }
  const pending = async (cluster: TestCluster) => (await cluster.repairs()).find((one) => one.phase === 'Pending')

  test('is for the reason that the record showed: another reason before the start asks again', async (t) => {
    const { cluster, first, half } = await draining(t, { ...asks, budgets: [{ nodes: '0' }] })
    await cluster.run(6, half)
    const { name = '' } = (await pending(cluster)) ?? {}
    await cluster.annotate(nodeRepairs, name, { 'nodemend.dev/approved': 'ada' })
    await cluster.setCondition(first, 'KernelReady', 'False', 'OopsB')
    await cluster.run(6, half)
    await cluster.policy('kernel', { budgets: [{ nodes: '1' }] })
    await cluster.run(6, half)
    const decision = (await pending(cluster))?.decision
    assert.equal(decision?.decidedBy, 'approval')
    const gate = decision?.gates.find((one) => one.gate === 'approval')
    assert.match(
      gate?.why ?? '',
      /ada approved Replace for KernelReady \(OopsA\), and now it is Replace for KernelReady \(OopsB\)/,
    )
  })

  test('taken back and given anew, it is for what the record says then', async (t) => {
    const { cluster, first, half } = await draining(t, { ...asks, budgets: [{ nodes: '0' }] })
    await cluster.run(6, half)
    const { name = '' } = (await pending(cluster)) ?? {}
    await cluster.annotate(nodeRepairs, name, { 'nodemend.dev/approved': 'ada' })
    await cluster.setCondition(first, 'KernelReady', 'False', 'OopsB')
    await cluster.run(6, half)
    await cluster.annotate(nodeRepairs, name, { 'nodemend.dev/approved': null })
    await cluster.run(3, half)
    await cluster.annotate(nodeRepairs, name, { 'nodemend.dev/approved': 'ada' })
    await cluster.policy('kernel', { budgets: [{ nodes: '1' }] })
    await cluster.until('it drains', 30, [half], phaseOf(cluster, first, 'Draining'))
  })

  test('another reason in mid-drain ends the approved repair', async (t) => {
    const { cluster, first, half } = await draining(t, asks)
    await cluster.run(6, half)
    const { name = '' } = (await pending(cluster)) ?? {}
    await cluster.annotate(nodeRepairs, name, { 'nodemend.dev/approved': 'ada' })
    await cluster.until('it drains', 30, [half], phaseOf(cluster, first, 'Draining'))
    await cluster.setCondition(first, 'KernelReady', 'False', 'OopsB')
    const cancelled = await cluster.until('it is cancelled', 30, [half], phaseOf(cluster, first, 'Cancelled'))
    assert.match(whyOf(cancelled), /approved for KernelReady \(OopsA\)/)
  })
})

describe('kind 6: the machine behind the node', () => {
  const shared = 'embedded:///shared'
  const given = async (t: Context) => {
    const cluster = await startTestCluster({ groups: [{ name: 'pool', size: 4, replaceMs: 2_000 }] }, [
      nodeClaimDefinition,
    ])
    t.after(() => cluster.stop())
    await cluster.policy('kernel', quickPolicy)
    const named = (name: string) => ({
      metadata: { name, labels: { 'nodemend.dev/node-group': 'other' } },
      spec: { providerID: shared },
    })
    await createObject(cluster.api, nodes, named('old') as KubeObject)
    await createObject(cluster.api, nodes, named('new') as KubeObject)
    return { cluster, half: await cluster.half('a') }
  }
  const claim = async (cluster: TestCluster, nodeName: string) => {
    const status = { providerID: shared, nodeName }
    await createObject(cluster.api, nodeClaims, { metadata: { name: 'claim' }, status } as KubeObject)
    await patchObject(cluster.api, nodeClaims, { name: 'claim' }, { status }, { ...merge, subresource: 'status' })
  }
  const identityOf = async (cluster: TestCluster) =>
    (await cluster.repairs())
      .find((one) => one.nodeName === 'old')
      ?.decision?.gates.find((one) => one.gate === 'identity')

  test('an old and a living Node share a providerID, the claim names the living one: refused, both named', async (t) => {
    const { cluster, half } = await given(t)
    await claim(cluster, 'new')
    await cluster.setCondition('old', 'KernelReady', 'False')
    await cluster.run(10, half)
    const gate = await identityOf(cluster)
    assert.equal(gate?.answer, 'refuse')
    assert.match(gate?.why ?? '', /node new now.*not of old/)
    assert.equal((await cluster.nodes()).length, 6, 'both are there')
  })

  test('without a claim the shared providerID refuses, both named', async (t) => {
    const { cluster, half } = await given(t)
    await cluster.setCondition('old', 'KernelReady', 'False')
    await cluster.run(10, half)
    assert.match(
      (await identityOf(cluster))?.why ?? '',
      /^nodes new and old share the providerID embedded:\/\/\/shared/,
    )
  })

  test('the claim names this very node: the other Node object is the old one, and the repair goes on', async (t) => {
    const { cluster, half } = await given(t)
    await claim(cluster, 'old')
    await cluster.setCondition('old', 'KernelReady', 'False')
    await cluster.run(10, half)
    assert.equal((await identityOf(cluster))?.answer, 'allow')
  })

  test('once the other Node object is gone, nothing is in doubt', async (t) => {
    const { cluster, half } = await given(t)
    await deleteObject(cluster.api, nodes, { name: 'new' })
    await cluster.setCondition('old', 'KernelReady', 'False')
    await cluster.run(10, half)
    assert.equal((await identityOf(cluster))?.answer, 'allow')
  })

  test('a living Node of the same machine that appears in mid-drain ends the repair', async (t) => {
    const { cluster, first, half } = await draining(t)
    await cluster.until('it drains', 30, [half], phaseOf(cluster, first, 'Draining'))
    const node = (await cluster.nodes()).find((one) => one.metadata.name === first)
    const spec = { providerID: node?.spec?.providerID }
    await createObject(cluster.api, nodes, { metadata: { name: 'again' }, spec } as KubeObject)
    const cancelled = await cluster.until('it is cancelled', 30, [half], phaseOf(cluster, first, 'Cancelled'))
    assert.match(whyOf(cancelled), /again.*share the providerID/)
  })
})
