/** The provider eks reads what moto never says: scheduled events, failing checks, activities, health issues, refusals, silence. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { awsCloud } from '../../src/providers/eks/aws.ts'
import { ec2Error, startAws } from './aws-stand-in.ts'
import { withIdentity } from './identity.ts'

const id = 'i-0123456789abcdef0'
const patience = 5_000

const member = `<DescribeAutoScalingInstancesResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/">
<DescribeAutoScalingInstancesResult><AutoScalingInstances><member><InstanceId>${id}</InstanceId>
<AutoScalingGroupName>asg</AutoScalingGroupName><LifecycleState>Terminating:Wait</LifecycleState></member>
</AutoScalingInstances></DescribeAutoScalingInstancesResult></DescribeAutoScalingInstancesResponse>`

function event(code: string, description: string, times = ''): string {
  return `<item><code>${code}</code><description>${description}</description>${times}</item>`
}

function status(events: string, checks: string): string {
  return `<DescribeInstanceStatusResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><instanceStatusSet><item>
<instanceId>${id}</instanceId><eventsSet>${events}</eventsSet><instanceState><code>16</code><name>running</name></instanceState>
${checks}</item></instanceStatusSet></DescribeInstanceStatusResponse>`
}

function activities(...of: readonly (readonly [status: string, description: string])[]): string {
  const members = of.map(
    ([code, description]) =>
      `<member><StatusCode>${code}</StatusCode><Description>${description}</Description></member>`,
  )
  return `<DescribeScalingActivitiesResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/">
<DescribeScalingActivitiesResult><Activities>${members.join('')}</Activities></DescribeScalingActivitiesResult>
</DescribeScalingActivitiesResponse>`
}

async function given(t: { after(run: () => Promise<void>): void }) {
  const aws = await startAws()
  process.env.AWS_ENDPOINT_URL = aws.endpoint
  t.after(async () => {
    delete process.env.AWS_ENDPOINT_URL
    await aws.stop()
  })
  aws.answer('DescribeAutoScalingInstances', { body: member })
  return { aws, cloud: awsCloud({ cluster: 'prod', region: 'us-east-1' }) }
}

describe('the provider eks on the wire', () => {
  withIdentity()

  test('events that are planned, not those that are over; checks that fail, not those that have yet to', async (t) => {
    const { aws, cloud } = await given(t)
    const times = '<notBefore>2026-03-01T12:00:00.000Z</notBefore><notAfter>2026-03-01T14:00:00.000Z</notAfter>'
    const events = [
      event('system-reboot', 'scheduled reboot', times),
      event('instance-retirement', 'The instance is running on degraded hardware'),
      event('instance-stop', '[Completed] stopped'),
      event('system-maintenance', '[Canceled] not any more'),
    ]
    const checks = `<systemStatus><status>impaired</status></systemStatus><instanceStatus><status>initializing</status>
</instanceStatus><attachedEbsStatus><status>impaired</status></attachedEbsStatus>`
    aws.answer('DescribeInstanceStatus', { body: status(events.join(''), checks) })
    assert.deepEqual(await cloud.instance(id, patience), {
      id,
      state: 'running',
      group: 'asg',
      lifecycle: 'Terminating:Wait',
      failing: ['system', 'EBS'],
      events: [
        {
          code: 'system-reboot',
          notBefore: Date.parse('2026-03-01T12:00:00Z'),
          notAfter: Date.parse('2026-03-01T14:00:00Z'),
        },
        { code: 'instance-retirement' },
      ],
    })
  })

  test('an activity that ends the instance counts, unless it failed or is about another one', async (t) => {
    const { aws, cloud } = await given(t)
    const ends = `Terminating EC2 instance: ${id}`
    for (const [of, expected] of [
      [[], undefined],
      [[['InProgress', `Launching a new EC2 instance: ${id}`]], undefined],
      [[['InProgress', `Terminating EC2 instance: ${id}1`]], undefined],
      [
        [
          ['Failed', ends],
          ['Cancelled', ends],
        ],
        undefined,
      ],
      [
        [
          ['Failed', ends],
          ['WaitingForELBConnectionDraining', ends],
        ],
        ends,
      ],
      [[['Successful', ends]], ends],
    ] as const) {
      aws.answer('DescribeScalingActivities', { body: activities(...of) })
      assert.equal(await cloud.ending('asg', id, patience), expected, JSON.stringify(of))
    }
  })

  test('status, health issues and repair of a node group', async (t) => {
    const { aws, cloud } = await given(t)
    const issues = [{ code: 'AsgInstanceLaunchFailures', message: 'no capacity\u001b[2J', resourceIds: ['asg'] }]
    const nodeRepairConfig = { enabled: true, maxUnhealthyNodeThresholdCount: 3 }
    const nodegroup = { nodegroupName: 'gpu', status: 'DEGRADED', health: { issues }, nodeRepairConfig }
    aws.answer('GET /clusters/prod/node-groups/gpu', { body: JSON.stringify({ nodegroup }) })
    const found = await cloud.nodegroup('gpu', patience)
    assert.deepEqual([found.status, found.repairs], ['DEGRADED', true])
    assert.match(found.limits, /stops above 3 unhealthy/)
    assert.match(found.issues.join(), /^AsgInstanceLaunchFailures: no capacity/)
    assert.doesNotMatch(found.issues.join(), /\u001b/)
  })

  test('a right that is missing is named, with the command that prints the policy', async (t) => {
    const { aws, cloud } = await given(t)
    aws.answer('RebootInstances', ec2Error('UnauthorizedOperation', 'You are not authorized'))
    await assert.rejects(
      cloud.change({ kind: 'reboot', instance: id }, patience),
      /AWS, ec2:RebootInstances: You are not authorized; the controller's role needs ec2:RebootInstances: nodemend eks policy/,
    )
    aws.answer('DescribeInstanceStatus', ec2Error('UnauthorizedOperation', 'You are not authorized'))
    await assert.rejects(
      cloud.instance(id, patience),
      /ec2:DescribeInstanceStatus/,
      'no right is no proof that it is gone',
    )
  })

  test('a call is sent once: errors of the server, throttling and silence repeat nothing', async (t) => {
    const { aws, cloud } = await given(t)
    const end = () => cloud.change({ kind: 'terminate', instance: id, decrement: false }, 199.5)
    for (const answer of [
      { status: 500, body: '<ErrorResponse><Error><Code>InternalFailure</Code></Error></ErrorResponse>' },
      {
        status: 400,
        body: '<ErrorResponse><Error><Code>Throttling</Code><Message>slow</Message></Error></ErrorResponse>',
      },
      'silent',
    ] as const) {
      const before = aws.asked.length
      aws.answer('TerminateInstanceInAutoScalingGroup', answer)
      await assert.rejects(end(), /AWS, autoscaling:TerminateInstanceInAutoScalingGroup: /)
      assert.equal(aws.asked.length - before, 1)
    }
    await assert.rejects(end(), /no answer within 200 ms/)
  })
})
