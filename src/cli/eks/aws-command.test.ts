import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import fc from 'fast-check'
import { awsCommand } from './aws-command.ts'

/** The words as a POSIX shell takes them. */
function wordsOf(command: string): readonly string[] {
  const said = execFileSync('sh', ['-c', `printf '%s\\0' ${command}`], { encoding: 'utf8' })
  return said.split('\0').slice(0, -1)
}

test('fields become flags, structures JSON, and what is undefined is left out', () => {
  const input = { clusterName: 'prod', nodeRepairConfig: { enabled: true }, addonVersion: undefined }
  assert.equal(
    awsCommand('update-nodegroup-config', input, 'eu-west-1'),
    `aws eks update-nodegroup-config --cluster-name prod --node-repair-config '{"enabled":true}' --region eu-west-1`,
  )
})

test('whatever a name holds, a shell passes it on as it is', () => {
  const name = fc.string({ minLength: 1, maxLength: 12 }).filter((text) => !text.includes('\0'))
  fc.assert(
    fc.property(name, (clusterName) => {
      assert.deepEqual(wordsOf(awsCommand('create-addon', { clusterName })), [
        'aws',
        'eks',
        'create-addon',
        '--cluster-name',
        clusterName,
      ])
    }),
    { numRuns: 30 },
  )
})
