/**
 * What the provider calls of the AWS SDK. Loaded at its first call, never before; the bundler leaves out what is not
 * named here.
 */
export {
  AutoScalingClient,
  CreateOrUpdateTagsCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeAutoScalingInstancesCommand,
  DescribeScalingActivitiesCommand,
  SetDesiredCapacityCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling'
export { DescribeInstanceStatusCommand, EC2Client, RebootInstancesCommand } from '@aws-sdk/client-ec2'
export { DescribeNodegroupCommand, EKSClient } from '@aws-sdk/client-eks'
