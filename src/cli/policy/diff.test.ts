/** `nodemend policy diff`, as a person types it. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkGolden } from '../../../test/golden.ts'
import { repairPolicies } from '../../kube/api.ts'
import { getObject } from '../../kube/objects.ts'
import { quickPolicy } from '../../repair/testing/test-cluster.ts'
import { givenTerminal } from '../testing/terminal.ts'

type Context = Parameters<typeof givenTerminal>[0]

const policyYaml = (name: string, mode: string, more = ''): string => `apiVersion: nodemend.dev/v1alpha1
kind: RepairPolicy
metadata: {name: ${name}}
spec:
  mode: ${mode}
  match: [{condition: KernelReady}]
  toleration: 3s
  action: Replace
  budgets: [{nodes: "1"}]
  restraint: {dwell: 3s}
${more}`

/** A sick node under a policy in Observe, and a file. */
async function given(t: Context, text: string) {
  const site = await givenTerminal(t, { ...quickPolicy, mode: 'Observe' })
  await site.cluster.setCondition(site.node, 'KernelReady', 'False', 'SoftLockup')
  await site.cluster.run(10, site.half)
  const folder = mkdtempSync(join(tmpdir(), 'nodemend-diff-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'policy.yaml')
  writeFileSync(file, text)
  const diff = (...more: readonly string[]) =>
    site.terminal.run('policy', 'diff', file, '--providers', 'embedded', ...more)
  return { ...site, diff }
}

test('a policy that begins to act is told with node, gate and action; the cluster is as before', async (t) => {
  const { cluster, node, diff } = await given(t, policyYaml('kernel', 'Enforce'))
  const before = await getObject(cluster.api, repairPolicies, { name: 'kernel' })
  const said = await diff()
  assert.equal(said.message, '')
  checkGolden('ask/policy-diff.txt', said.text.replaceAll(node, 'node-1'))
  const data = JSON.parse((await diff('--output', 'json')).text)
  assert.deepEqual([data.nodes, data.changes.length, data.changes[0].applied.outcome], [4, 1, 'act'])
  assert.deepEqual(await getObject(cluster.api, repairPolicies, { name: 'kernel' }), before)
})

test('the same policy changes nothing', async (t) => {
  const { diff } = await given(t, policyYaml('kernel', 'Observe', '  drain: {timeout: 60s, blockedAfter: 20s}\n'))
  assert.match((await diff()).text, /^0 of 4 nodes would be judged otherwise; 1 sick ones as before\.\n$/)
})

test('what the controller would refuse, no policy, and no YAML are errors that name the file and the remedy', async (t) => {
  const refused = await given(t, policyYaml('kernel', 'Enforce', '  nodeSelector: 7\n'))
  assert.match((await refused.diff()).message, /^policy kernel: spec\.nodeSelector is 7: /)
  const other = await given(t, 'kind: ConfigMap\n')
  assert.match((await other.diff()).message, /^no RepairPolicy in \S+policy\.yaml; it begins with kind: RepairPolicy/)
  const broken = await given(t, 'kind: RepairPolicy\nmetadata: {name: [}\n')
  assert.match((await broken.diff()).message, /policy\.yaml:2: /)
  const nameless = await given(t, 'kind: RepairPolicy\nspec: {}\n')
  assert.match((await nameless.diff()).message, /policy\.yaml:1: the policy has no metadata\.name/)
})
