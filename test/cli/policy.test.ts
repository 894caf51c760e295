import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { run } from '../../src/cli/run.ts'
import { checkGolden } from '../golden.ts'
import { testIo } from './io.ts'

const folder = mkdtempSync(join(tmpdir(), 'nodemend-policy-'))
after(() => rmSync(folder, { recursive: true }))

async function policyTest(files: Readonly<Record<string, string>>, ...flags: readonly string[]) {
  const paths = Object.entries(files).map(([name, text]) => {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  })
  const io = testIo()
  const code = await run(['policy', 'test', ...paths, ...flags], io)
  const plain = (text: string): string => text.replaceAll(`${folder}/`, '')
  return { code, out: plain(io.printed.out), err: plain(io.printed.err) }
}

const policy = `defaults:
  policy: {mode: Enforce, match: [{condition: KernelReady}], toleration: 10m, action: Replace, restraint: {dwell: 1m}}
---
`
const blocked = `scenario: a budget that allows nothing
cluster:
  pods: [{name: web, nodes: pool-1}]
  budgets: [{name: web, labels: {app: web}, maxUnavailable: 0}]
timeline:
  - {at: 1m, condition: KernelReady=False, nodes: pool-1}
`

test('a scenario that holds', async () => {
  const scenario = `${policy}${blocked}expect:\n  - {at: 20m, nodes: pool-1, phase: Draining, says: budget web}\n`
  assert.deepEqual(await policyTest({ 'good.yaml': scenario }), {
    code: 0,
    out: '1 of 1 scenarios pass; 20 virtual minutes in 0.0 s\n',
    err: '',
  })
})

test('a failure says where the expectation stands, what was found, and the decision on record', async () => {
  const expects = 'expect:\n  - {at: 20m, nodes: pool-1, phase: Succeeded, exists: false}\n'
  const never = 'never:\n  - {started: pool-*}\n'
  const { code, out } = await policyTest({
    'bad.yaml': `${policy}${blocked}${expects}---\n${blocked}${never}end: 15m\n`,
  })
  assert.equal(code, 1)
  checkGolden('policy/failure.txt', out)
})

test('a thing that cannot happen is told with its place', async () => {
  const scenario = 'scenario: x\ntimeline:\n  - {at: 1m, cordon: true, nodes: pol-1}\n  - {at: 2m, deletePods: [web]}\n'
  const { code, out } = await policyTest({ 'bad.yaml': scenario })
  assert.equal(code, 1)
  assert.match(out, /bad\.yaml:3: after 1m\n {2}it cannot happen: no node is called pol-1\n/)
})

test('every mistake of a file is told at once, with its line and what to write', async () => {
  const scenario = `defaults:
  policy: {mode: Enforced, match: [{condition: KernelReady}]}
---
scenario: x
polices: {}
---
scenario: y
policies: {kernel: {mode: Enforce, tolerance: 10, toleration: ten, match: [{condition: KernelReady}]}}
timeline:
  - {at: soon, condition: KernelReady=False, nodes: pool-1}
  - {at: 1m, nodes: pool-1}
  - {at: 1m, condition: KernelReady, cordon: true, nodes: pool-1}
  - {at: 1m, refuse: {call: evict pods, status: 200}}
---
scenario: z
expect:
  - {at: 1m, node: pool-1}
---
scenario: [
`
  const { code, out, err } = await policyTest({ 'bad.yaml': scenario })
  assert.equal(code, 2)
  assert.match(err, /NM_POLICY_SCENARIO/)
  checkGolden('policy/mistakes.txt', out)
})

test('a mistake of the default policy is told where it stands', async () => {
  const { out } = await policyTest({
    'bad.yaml': `defaults:\n  policy:\n    mode: Enforced\n---\nscenario: x\npolicies: {a: {match: [{condition: X}]}}\n`,
  })
  assert.match(out, /^bad\.yaml:3:5: defaults\.policy\.mode: /)
})

test('policies from their own file are in force where a scenario has none', async () => {
  const manifest = `apiVersion: nodemend.dev/v1alpha1
kind: RepairPolicy
metadata: {name: ours}
spec: {mode: Observe, match: [{condition: KernelReady}], action: Replace}
`
  const scenario = `scenario: theirs
timeline: [{at: 1m, condition: KernelReady=False, nodes: pool-1}]
expect: [{at: 1h, nodes: pool-1, outcome: would-act, policy: ours}]
`
  assert.equal((await policyTest({ 'policy.yaml': manifest, 'one.yaml': scenario })).code, 0)
  const broken = await policyTest({ 'policy.yaml': manifest.replace('mode:', 'node:'), 'one.yaml': scenario })
  assert.match(broken.out, /^policy\.yaml:4:\d+: spec\.node: no field of a policy: write mode\n/)
})

test('--only chooses by title, and says when nothing has it', async () => {
  const two = 'scenario: one\n---\nscenario: two\n'
  assert.match((await policyTest({ 'two.yaml': two }, '--only', 'two')).out, /^1 of 1 scenarios pass/)
  const none = await policyTest({ 'two.yaml': two }, '--only', 'three')
  assert.equal(none.code, 2)
  assert.match(none.err, /no scenario of the files has "three" in its title/)
})
