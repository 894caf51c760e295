/** The provider eks through the AWS SDK against moto: instances in an Auto Scaling group, rebooted, ended and replaced. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import * as eksSdk from '@aws-sdk/client-eks'
import { awsCloud } from '../../src/providers/eks/aws.ts'
import { nextGrowth } from '../../src/providers/eks/growth.ts'
import { withIdentity } from './identity.ts'
import { motoFor } from './moto.ts'
import { nodeGroup } from './node-group.ts'

const patience = 10_000
const noon = Date.parse('2026-03-01T12:00:00Z')

describe('the provider eks on moto', () => {
  withIdentity()

  test('reads instance, group and repair, ends and grows, and every call is the one that AWS takes', async (t) => {
    const endpoint = await motoFor(t)
    if (endpoint === undefined) return
    process.env.AWS_ENDPOINT_URL = endpoint
    t.after(() => delete process.env.AWS_ENDPOINT_URL)
    const group = await nodeGroup(endpoint)
    t.after(() => group.stop())
    const cloud = awsCloud({ cluster: 'prod', region: 'us-east-1' })

    await t.test('who repairs the group', async () => {
      const nodegroup = { status: 'ACTIVE', issues: [], repairs: false, limits: 'off' }
      assert.deepEqual(await cloud.nodegroup('gpu', patience), nodegroup)
      const nodeRepairConfig = { enabled: true, maxParallelNodesRepairedCount: 1 }
      const input = { clusterName: 'prod', nodegroupName: 'gpu', nodeRepairConfig }
      await group.eks.send(new eksSdk.UpdateNodegroupConfigCommand(input))
      const { repairs, limits } = await cloud.nodegroup('gpu', patience)
      assert.equal(repairs, true)
      assert.match(limits, /1 at a time/)
      await assert.rejects(cloud.nodegroup('gqu', patience), /AWS, eks:DescribeNodegroup: /)
    })

    const [first, second] = await group.machines()
    assert.ok(first && second)

    await t.test('an instance, its group, and one that does not exist', async () => {
      const expected = { id: first.id, state: 'running', group: 'asg', lifecycle: 'InService', failing: [], events: [] }
      assert.deepEqual(await cloud.instance(first.id, patience), expected)
      const found = await cloud.group('asg', patience)
      assert.deepEqual([found?.desired, found?.max, found?.instances.length, found?.suspended], [2, 3, 2, []])
      assert.equal(await cloud.group('nope', patience), undefined)
      const unheard = await cloud.instance('i-0123456789abcdef0', patience)
      assert.deepEqual([unheard.state, unheard.group], ['unheard', undefined])
      assert.equal(await cloud.ending('asg', first.id, patience), undefined)
    })

    await t.test('reboot, and end without decrement: the group starts another instance', async () => {
      await cloud.change({ kind: 'reboot', instance: first.id }, patience)
      await cloud.change({ kind: 'terminate', instance: first.id, decrement: false }, patience)
      assert.equal((await cloud.instance(first.id, patience)).state, 'terminated')
      const after = await cloud.group('asg', patience)
      assert.deepEqual([after?.desired, after?.instances.length], [2, 2])
    })

    await t.test('replace-first: tag, size, end with decrement, and the former size', async () => {
      const step = async (now: number) => {
        const found = await cloud.group('asg', patience)
        assert.ok(found)
        return nextGrowth(found, second.id, now)
      }
      const growth = await step(noon)
      assert.ok(growth.do === 'grow')
      await cloud.change({ kind: 'mark', group: 'asg', mark: growth.mark }, patience)
      assert.deepEqual(await step(noon), growth, 'ended between the two, it goes on')
      await cloud.change({ kind: 'resize', group: 'asg', desired: growth.desired }, patience)
      assert.deepEqual(await step(noon), { do: 'end', decrement: true })
      await cloud.change({ kind: 'terminate', instance: second.id, decrement: true }, patience)
      const after = await cloud.group('asg', patience)
      assert.deepEqual([after?.desired, after?.instances.length], [2, 2])
      assert.ok(!after?.instances.some(({ id }) => id === second.id))
    })

    await t.test('the SDK as it is bundled says the same as the packages', async (inner) => {
      const bundle = join(import.meta.dirname, '..', '..', 'dist', 'nodemend-eks-provider.cjs')
      if (!existsSync(bundle)) return inner.skip('needs the bundles: npm run build')
      const sdk = createRequire(import.meta.url)(bundle) as typeof import('../../src/providers/eks/sdk.ts') // built from it
      const InstanceIds = [first.id]
      const [ec2, scaling, eks] = [new sdk.EC2Client({}), new sdk.AutoScalingClient({}), new sdk.EKSClient({})]
      const command = new sdk.DescribeInstanceStatusCommand({ InstanceIds, IncludeAllInstances: true })
      const { InstanceStatuses = [] } = await ec2.send(command)
      assert.equal(InstanceStatuses[0]?.InstanceState?.Name, 'terminated')
      const { AutoScalingGroups } = await scaling.send(new sdk.DescribeAutoScalingGroupsCommand({}))
      assert.equal(AutoScalingGroups?.[0]?.DesiredCapacity, 2)
      const named = { clusterName: 'prod', nodegroupName: 'gpu' }
      const { nodegroup } = await eks.send(new sdk.DescribeNodegroupCommand(named))
      assert.equal(nodegroup?.nodeRepairConfig?.enabled, true)
      for (const client of [ec2, scaling, eks]) client.destroy()
    })

    await t.test('what AWS refuses says which call it was', async () => {
      const tooMany = cloud.change({ kind: 'resize', group: 'asg', desired: 9 }, patience)
      await tooMany.catch((error: Error) => assert.match(error.message, /^AWS, autoscaling:SetDesiredCapacity: /))
      const gone = cloud.change({ kind: 'reboot', instance: 'i-0123456789abcdef0' }, patience)
      await assert.rejects(gone, /AWS, ec2:RebootInstances: .*i-0123456789abcdef0/)
    })
  })

  test('an address that does not answer is told in time, and not asked again', async (t) => {
    process.env.AWS_ENDPOINT_URL = 'http://127.0.0.1:1'
    t.after(() => delete process.env.AWS_ENDPOINT_URL)
    const cloud = awsCloud({ cluster: 'prod', region: 'us-east-1' })
    await assert.rejects(cloud.nodegroup('gpu', 1_000), /AWS, eks:DescribeNodegroup: .*ECONNREFUSED/)
  })
})
