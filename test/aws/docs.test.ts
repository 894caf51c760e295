/** The commands of docs/how-to/eks.md run as they are written there, and its policy allows the calls that they make. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { run } from '../../src/cli/run.ts'
import { testIo } from '../cli/io.ts'
import { startEks } from './eks-stand-in.ts'
import { withIdentity } from './identity.ts'

const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'how-to', 'eks.md'), 'utf8')
const commands = [...page.matchAll(/^nodemend (eks .+)$/gm)].map(([, command = '']) => command)

/** The IAM policies of the page, in their order. */
const policies = [...page.matchAll(/^```json\n([\s\S]*?)^```/gm)].map(
  ([, text = '{}']) => JSON.parse(text) as { readonly Statement: readonly { readonly Action: readonly string[] }[] },
)

describe('docs/how-to/eks.md', () => {
  withIdentity()

  test('every command runs, and the policy allows exactly the calls', async (t) => {
    const agent = 'eks-node-monitoring-agent'
    const compatibilities = [{ clusterVersion: '1.34', defaultVersion: true }]
    const versions = [{ addonName: agent, addonVersions: [{ addonVersion: 'v1.6.1-eksbuild.1', compatibilities }] }]
    const eks = await startEks({ kubernetes: '1.34', versions, addons: [], nodegroups: [{ nodegroupName: 'gpu' }] })
    t.after(() => eks.stop())
    assert.ok(commands.length >= 8)
    for (const command of commands.filter((one) => !one.startsWith('eks policy'))) {
      const args = command.replace('CLUSTER', 'prod').replace('GROUP', 'gpu').split(' ')
      const io = testIo()
      assert.equal(await run([...args, '--endpoint-url', eks.endpoint], io), 0, `${command}: ${io.printed.err}`)
    }
    assert.deepEqual(eks.problems, [])
    const called = new Set(eks.requests.map((one) => `eks:${one.split(' ')[0]}`))
    assert.deepEqual(policies[0]?.Statement[0]?.Action, [...called].sort())
  })

  test('the controller’s policy is the one that the command prints', async () => {
    const io = testIo()
    assert.equal(await run(['eks', 'policy', 'CLUSTER'], io), 0)
    assert.deepEqual(policies[1], JSON.parse(io.printed.out))
  })
})
