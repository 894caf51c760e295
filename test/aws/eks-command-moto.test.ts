/** `nodemend eks` against moto, which knows clusters, node groups and their repair configuration. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as sdk from '@aws-sdk/client-eks'
import { run } from '../../src/cli/run.ts'
import { testIo } from '../cli/io.ts'
import { withIdentity } from './identity.ts'
import { motoFor } from './moto.ts'

const role = 'arn:aws:iam::123456789012:role/nodes'

describe('nodemend eks on moto', () => {
  withIdentity()

  test('repair is turned on for real node groups, and status says so', async (t) => {
    const endpoint = await motoFor(t)
    if (endpoint === undefined) return
    const client = new sdk.EKSClient({ endpoint })
    t.after(() => client.destroy())
    await client.send(
      new sdk.CreateClusterCommand({ name: 'prod', version: '1.34', roleArn: role, resourcesVpcConfig: {} }),
    )
    const group = { clusterName: 'prod', nodeRole: role, subnets: ['subnet-1'] }
    for (const nodegroupName of ['gpu', 'web']) {
      await client.send(new sdk.CreateNodegroupCommand({ ...group, nodegroupName }))
    }
    const nodemend = async (...args: readonly string[]) => {
      const io = testIo()
      return { code: await run(['eks', ...args, '--endpoint-url', endpoint], io), ...io.printed }
    }
    const rule = 'AcceleratedHardwareReady/NvidiaXID64Error=Reboot@5m'
    const enabled = await nodemend('enable-repair', 'prod', 'gpu', '--max-unhealthy', '2', '--override', rule)
    assert.equal(enabled.code, 0, enabled.err)
    const { nodegroup } = await client.send(
      new sdk.DescribeNodegroupCommand({ clusterName: 'prod', nodegroupName: 'gpu' }),
    )
    assert.deepEqual(nodegroup?.nodeRepairConfig, {
      enabled: true,
      maxUnhealthyNodeThresholdCount: 2,
      nodeRepairConfigOverrides: [
        {
          nodeMonitoringCondition: 'AcceleratedHardwareReady',
          nodeUnhealthyReason: 'NvidiaXID64Error',
          minRepairWaitTimeMins: 5,
          repairAction: 'Reboot',
        },
      ],
    })
    const wrong = await nodemend('enable-repair', 'prod', 'gqu')
    assert.match(wrong.err, /no managed node group gqu; they are gpu, web \(NM_EKS_NODEGROUP\)/)
    const none = await nodemend('enable-repair', 'nope', '--all')
    assert.match(none.err, /\(NM_EKS_API\)/)
  })
})
