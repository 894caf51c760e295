import assert from 'node:assert/strict'
import { test } from 'node:test'
import { givenNode, givenPolicy, noon } from '../../repair/testing/given.ts'
import type { ClusterView } from '../ask/cluster-view.ts'
import { eksStatus } from './status.ts'

const labels = { 'eks.amazonaws.com/nodegroup': 'gpu' }

function view(modes: readonly ('Observe' | 'Enforce')[], pause: ClusterView['pause'] = { state: 'off' }): ClusterView {
  const ready = givenNode('a', { labels })
  const sick = givenNode('b', {
    labels,
    conditions: ready.conditions.map((one) => (one.type === 'Ready' ? { ...one, status: 'False' as const } : one)),
  })
  const policies = modes.map((mode) => givenPolicy({ name: mode.toLowerCase(), mode }))
  return {
    nodes: [ready, sick, givenNode('elsewhere')],
    policies: { policies, problems: [] },
    pause,
  } as unknown as ClusterView // no more is read
}

const sides = { cluster: 'prod', kubernetes: '1.34', now: noon }
const repaired = { nodegroupName: 'gpu', nodeRepairConfig: { enabled: true } }
const addon = { addonName: 'agent', addonVersion: 'v1', status: 'ACTIVE' as const }

test('nodes are counted by state, in the node group whose label they have', () => {
  const inside = view(['Observe'])
  const { nodegroups, acting } = eksStatus({ ...sides, addon, nodegroups: [{ nodegroupName: 'gpu' }], inside })
  const [gpu] = nodegroups
  assert.deepEqual([gpu?.name, gpu?.repair, gpu?.nodes?.sick], ['gpu', 'off', 1])
  assert.equal(
    Object.values(gpu?.nodes ?? {}).reduce((sum, count) => sum + count, 0),
    2,
  )
  assert.deepEqual(acting, [])
})

test('two repairers are told, and only where both act', () => {
  const remarks = (modes: readonly ('Observe' | 'Enforce')[], nodegroups: readonly object[]) =>
    eksStatus({ ...sides, addon, nodegroups, inside: view(modes) }).remarks.join()
  assert.match(remarks(['Observe', 'Enforce'], [repaired]), /EKS and policies of Nodemend both repair/)
  const paused = view(['Enforce'], { state: 'on', why: 'kim: upgrade' })
  const [told = ''] = eksStatus({ ...sides, addon, nodegroups: [repaired], inside: paused }).remarks
  assert.match(told, /^Nodemend is paused \(kim: upgrade\); before it goes on, let the policies observe/)
  assert.equal(remarks(['Observe'], [repaired]), '')
  assert.equal(remarks(['Enforce'], [{ nodegroupName: 'gpu' }]), '')
})

test('what EKS says of the add-on is shown cut and escaped', () => {
  const health = { issues: [{ code: 'Insufficient\u001b[31mReplicas', message: 'x'.repeat(5_000) }] }
  const status = eksStatus({ ...sides, addon: { ...addon, health: health as never }, nodegroups: [], inside: 'no way' })
  const [issue = ''] = status.addon?.issues ?? []
  assert.doesNotMatch(issue, /\u001b/)
  assert.ok(issue.length < 1_000)
  assert.match(status.remarks.join(), /the nodes were not looked at: no way/)
})
