import assert from 'node:assert/strict'
import { test } from 'node:test'
import { awsRights, iamPolicy } from './iam.ts'
import * as sdk from './sdk.ts'

test('every command that is loaded has its right, and every right its command', () => {
  const commands = Object.keys(sdk).flatMap((name) => /^(.+)Command$/.exec(name)?.[1] ?? [])
  assert.deepEqual(awsRights.map(({ action }) => action.split(':')[1]).sort(), commands.sort())
})

for (const [managed, tag] of [
  [true, { 'aws:ResourceTag/eks:cluster-name': 'prod' }],
  [false, { 'aws:ResourceTag/kubernetes.io/cluster/prod': 'owned' }],
] as const) {
  test(`what changes something may change objects of the cluster alone: ${managed ? '' : 'self-'}managed`, () => {
    const { Statement } = iamPolicy('prod', managed) as { readonly Statement: readonly Record<string, unknown>[] }
    const all = Statement.flatMap(({ Action }) => Action as readonly string[])
    assert.equal(all.includes('eks:DescribeNodegroup'), managed)
    for (const { Action, Condition } of Statement) {
      const changes = (Action as readonly string[]).filter((one) => !/:Describe/.test(one))
      assert.deepEqual(Condition, changes.length === 0 ? undefined : { StringEquals: tag })
    }
  })
}
