/** The judge of the stand-in's traffic is judged itself: what does not fit must be told. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as sdk from '@aws-sdk/client-eks'
import { complaints } from './shapes.ts'

test('a request or an answer that does not fit the SDK’s shape is told with its path', () => {
  const addon = { clusterName: 'a', addonName: 'b', tags: { team: 'gpu' } }
  assert.deepEqual(complaints(sdk.CreateAddonRequest$, addon, 'in'), [])
  assert.deepEqual(complaints(sdk.CreateAddonRequest$, { clusterName: 'a' }, 'in'), ['in.addonName is required'])
  assert.deepEqual(complaints(sdk.CreateAddonRequest$, { ...addon, addonVersoin: 'c' }, 'in'), [
    'in.addonVersoin does not exist',
  ])
  assert.deepEqual(complaints(sdk.CreateAddonRequest$, { ...addon, tags: { team: 1 } }, 'in'), [
    'in.tags.team is a number, not a string',
  ])
})

test('structures in structures and lists are looked into', () => {
  const answer = { nodegroup: { nodeRepairConfig: { enabled: 'yes', nodeRepairConfigOverrides: [{ wait: 5 }] } } }
  assert.deepEqual(complaints(sdk.DescribeNodegroupResponse$, answer, 'out'), [
    'out.nodegroup.nodeRepairConfig.enabled is a string, not a boolean',
    'out.nodegroup.nodeRepairConfig.nodeRepairConfigOverrides.0.wait does not exist',
  ])
})
