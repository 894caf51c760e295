/** L6, L4: a repair under a role that lacks something: nothing begins that cannot be finished, and the record says why. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Api, nodes } from '../../kube/api.ts'
import { connectTo } from '../../kube/connect.ts'
import { patchObject } from '../../kube/objects.ts'
import type { Right } from '../../kube/rights/right.ts'
import { limitedTo } from '../../kube/testing/limited-api.ts'
import type { DrainLimits } from '../../model/policy.ts'
import { providerKinds } from '../../providers/providers.ts'
import { noAnswer } from '../../providers/testing/tap.ts'
import { SteppedClock, seededRandom } from '../../telemetry/clock.ts'
import { foreignOwner, possibleOwner } from '../decide/foreign.ts'
import { givenNode } from '../testing/given.ts'
import { type Context, givenCluster, givenPod, phaseOf } from '../testing/given-cluster.ts'
import { type HalfOptions, podsOn } from '../testing/test-cluster.ts'
import { RightsQuestion } from './question.ts'
import { permissionsFor, rightsWithProviders } from './rights.ts'

const all = rightsWithProviders('default', ['embedded'])
const without = (resource: string, verb: string): readonly Right[] =>
  all.map((right) =>
    right.resource === resource && right.subresource === undefined
      ? { ...right, verbs: right.verbs.filter((one) => one !== verb) }
      : right,
  )

const drain: DrainLimits = { timeoutMs: 1, onTimeout: 'Abort', pdb: 'Respect', blockedAfterMs: 1 }
const target = { kind: 'Node', name: 'worker-1', uid: 'u' }

async function given(t: Context, first: readonly Right[], options: Pick<HalfOptions, 'karpenterNodeRepair'> = {}) {
  const { cluster, first: sick } = await givenCluster(t)
  const { clock, url, token } = cluster
  const role = { rights: first }
  const own = connectTo({ server: url, token: () => token }, { clock, random: seededRandom(5) })
  const limited = limitedTo(own, () => role.rights)
  const half = await cluster.half('a', { ...options, api: limited.api })
  await givenPod(cluster, sick, 'web')
  await cluster.setCondition(sick, 'KernelReady', 'False')
  const node = async () => (await cluster.nodes()).find((one) => one.metadata.name === sick)
  return { cluster, sick, role, limited, half, node }
}

describe('L6: rights are asked before the first step', () => {
  test('without the right to delete nothing is touched, and the record names the right and the grant', async (t) => {
    const { cluster, sick, role, limited, half, node } = await given(t, without('nodes', 'delete'))
    await cluster.run(40, half)
    const [record] = await cluster.repairs()
    assert.deepEqual(
      [record?.phase, record?.decision?.outcome, record?.decision?.decidedBy],
      ['Pending', 'refuse', 'rights'],
    )
    const gate = record?.decision?.gates.find((one) => one.gate === 'rights')
    assert.equal(gate?.why, `the controller may not delete nodes ${sick}`)
    assert.equal(
      gate?.change,
      'grant it: nodemend rbac controller --namespace default --providers embedded | kubectl apply -f -',
    )
    assert.deepEqual((await node())?.spec?.taints ?? [], [])
    assert.deepEqual(await podsOn(cluster, sick), ['web'])
    assert.deepEqual(limited.refused, [])
    const questions = limited.asked.filter((one) => one === 'delete nodes').length
    assert.ok(questions >= 1 && questions <= 2, `${questions} questions in 40 passes`)
    role.rights = all
    await cluster.until('it succeeds after the grant', 120, [half], phaseOf(cluster, sick, 'Succeeded'))
  })

  test('what cannot be asked is a no', async () => {
    const silent: Api = {
      server: 'none',
      close: () => undefined,
      request: () => Promise.reject(noAnswer()),
      stream: () => assert.fail('nothing is watched'),
    }
    const question = new RightsQuestion(silent, new SteppedClock(), 'remedy', 'default')
    const found = await question.objection({ action: 'Replace', provider: 'embedded', target, drain })
    assert.deepEqual(
      [found?.gate, found?.why],
      ['rights', 'unknown whether the repair is allowed: the connection broke'],
    )
  })

  test('a plan asks for what it does: a deletion by name, force only where the policy forces', () => {
    const texts = (onTimeout: DrainLimits['onTimeout'], action: 'Reboot' | 'Replace') =>
      permissionsFor({ action, provider: 'embedded', target, drain: { ...drain, onTimeout } }, 'default').map(
        ({ verb, right, name = '*' }) => `${verb} ${right.resource}/${right.subresource ?? ''} ${name}`,
      )
    const both = ['get nodes/ *', 'patch nodes/ *', 'list pods/ *', 'create pods/eviction *']
    assert.deepEqual(texts('Abort', 'Replace').sort(), [...both, 'list nodes/ *', 'delete nodes/ worker-1'].sort())
    assert.deepEqual(texts('ForceDelete', 'Reboot').sort(), [...both, 'delete pods/ *', 'patch nodes/status *'].sort())
  })
})

describe('L6: a right that is taken away under a repair', () => {
  test('the call backs off, its words reach the record, and a grant lets it go on', async (t) => {
    const { cluster, sick, role, limited, half } = await given(t, all)
    await cluster.until('the drain begins', 60, [half], phaseOf(cluster, sick, 'Draining'))
    role.rights = without('nodes', 'delete')
    await cluster.until('it commits', 60, [half], phaseOf(cluster, sick, 'Committing'))
    await cluster.run(120, half)
    const calls = limited.refused.filter((one) => one === `delete nodes ${sick}`).length
    assert.equal(calls, 4, 'in 120 passes')
    const record = (await cluster.repairs()).find((one) => one.nodeName === sick)
    assert.match(record?.trouble ?? '', /^delete nodes .*403.*grant verb "delete" on resource "nodes"/)
    role.rights = all
    const done = await cluster.until('it succeeds', 300, [half], phaseOf(cluster, sick, 'Succeeded'))
    assert.equal(done.trouble, undefined)
  })
})

test('L4: without the right to see Deployments or NodeClaims only the nodes of Karpenter are left alone', async (t) => {
  for (const [resource, said, why] of [
    ['deployments', 'detect', /cannot tell whether Karpenter repairs its nodes itself: its Deployment may not be read/],
    ['nodeclaims', 'off', /cannot tell whether Karpenter is deleting it: NodeClaims may not be watched/],
  ] as const) {
    const rights = all.filter((right) => right.resource !== resource)
    const { cluster, sick, half } = await given(t, rights, { karpenterNodeRepair: said })
    const labelled = { metadata: { labels: { [providerKinds.karpenter.poolLabel]: 'gpu' } } }
    await patchObject(cluster.api, nodes, { name: sick }, labelled, { type: 'merge' })
    await cluster.run(30, half)
    const decision = (await cluster.repairs())[0]?.decision
    assert.deepEqual([decision?.outcome, decision?.decidedBy], ['refuse', 'foreign-owner'], resource)
    const gate = decision?.gates.find((one) => one.gate === 'foreign-owner')
    assert.match(gate?.why ?? '', why)
    assert.match(
      gate?.change ?? '',
      new RegExp(`^grant verb.*"list".*${resource}.*nodemend rbac controller --namespace`),
    )
    const unlabelled = { metadata: { labels: { [providerKinds.karpenter.poolLabel]: null } } }
    await patchObject(cluster.api, nodes, { name: sick }, unlabelled, { type: 'merge' })
    await cluster.until('it succeeds', 120, [half], phaseOf(cluster, sick, 'Succeeded'))
  }
})

test('L4: what cannot be told begins nothing, and cancels nothing that has begun', () => {
  const label = 'karpenter.sh/nodepool'
  const owners = { claims: [], otherRepairers: [{ label, why: 'cannot tell', unsure: 'grant a right' }] }
  const node = givenNode('a', { labels: { [label]: 'gpu' } })
  assert.deepEqual(possibleOwner(node, owners), { why: 'cannot tell', change: 'grant a right' })
  assert.equal(possibleOwner(givenNode('b'), owners), undefined)
  assert.equal(foreignOwner(node, owners), undefined)
})
