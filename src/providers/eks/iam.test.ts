import assert from 'node:assert/strict'
import { test } from 'node:test'
import { awsRights, iamPolicy } from './iam.ts'
import * as sdk from './sdk.ts'

test('every command that is loaded has its right, and every right its command', () => {
  const commands = Object.keys(sdk).flatMap((name) => /^(.+)Command$/.exec(name)?.[1] ?? [])
  assert.deepEqual(awsRights.map(({ action }) => action.split(':')[1]).sort(), commands.sort())
})

test('what changes something may change objects of the cluster alone', () => {
  const { Statement } = iamPolicy('prod') as { readonly Statement: readonly Record<string, unknown>[] }
  for (const { Action, Condition } of Statement) {
    const changes = (Action as readonly string[]).filter((one) => !/:Describe/.test(one))
    if (changes.length === 0) assert.equal(Condition, undefined)
    else assert.deepEqual(Condition, { StringEquals: { 'aws:ResourceTag/eks:cluster-name': 'prod' } })
  }
})
