/** A managed node group in moto, with an Auto Scaling group as EKS makes one. */
import * as scalingSdk from '@aws-sdk/client-auto-scaling'
import * as ec2Sdk from '@aws-sdk/client-ec2'
import * as eksSdk from '@aws-sdk/client-eks'

const role = 'arn:aws:iam::123456789012:role/nodes'

interface Machine {
  readonly id: string
  readonly state: string
}

/** Node group gpu of cluster prod, and the group asg with two of at most three instances, tagged with the cluster. */
export async function nodeGroup(endpoint: string) {
  const [eks, ec2, scaling] = [
    new eksSdk.EKSClient({ endpoint }),
    new ec2Sdk.EC2Client({ endpoint }),
    new scalingSdk.AutoScalingClient({ endpoint }),
  ]
  await eks.send(
    new eksSdk.CreateClusterCommand({ name: 'prod', version: '1.34', roleArn: role, resourcesVpcConfig: {} }),
  )
  const group = { clusterName: 'prod', nodegroupName: 'gpu', nodeRole: role, subnets: ['subnet-1'] }
  await eks.send(new eksSdk.CreateNodegroupCommand(group))
  const [image] = (await ec2.send(new ec2Sdk.DescribeImagesCommand({ Owners: ['amazon'] }))).Images ?? []
  const [subnet] = (await ec2.send(new ec2Sdk.DescribeSubnetsCommand({}))).Subnets ?? []
  const launch = { LaunchConfigurationName: 'lc', ImageId: image?.ImageId, InstanceType: 't3.micro' }
  await scaling.send(new scalingSdk.CreateLaunchConfigurationCommand(launch))
  await scaling.send(
    new scalingSdk.CreateAutoScalingGroupCommand({
      AutoScalingGroupName: 'asg',
      LaunchConfigurationName: 'lc',
      MinSize: 1,
      MaxSize: 3,
      DesiredCapacity: 2,
      VPCZoneIdentifier: subnet?.SubnetId,
      Tags: [{ Key: 'eks:cluster-name', Value: 'prod', PropagateAtLaunch: true }],
    }),
  )
  return {
    eks,
    async machines(): Promise<readonly Machine[]> {
      const { Reservations = [] } = await ec2.send(new ec2Sdk.DescribeInstancesCommand({}))
      return Reservations.flatMap(({ Instances = [] }) =>
        Instances.map(({ InstanceId = '', State }) => ({ id: InstanceId, state: State?.Name ?? '' })),
      )
    },
    stop(): void {
      for (const client of [eks, ec2, scaling]) client.destroy()
    },
  }
}
