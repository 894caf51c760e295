/** The calls of AWS that the provider makes, as an IAM policy grants them. A call without its action here does not compile. */

interface AwsRight {
  readonly action: `${'autoscaling' | 'ec2' | 'eks'}:${string}`
  /** One sentence for people: what does not work without it. */
  readonly why: string
  /** `own`: objects of the cluster alone, told by the tag that EKS puts on them. AWS lists nothing by tag, so reading is `any`. */
  readonly on: 'any' | 'own'
}

export const awsRights = [
  { action: 'eks:DescribeNodegroup', why: 'whether EKS repairs the group itself is not known', on: 'any' },
  { action: 'ec2:DescribeInstanceStatus', why: 'an instance is not seen to run, and nothing is done to it', on: 'any' },
  { action: 'autoscaling:DescribeAutoScalingInstances', why: 'the group of an instance is not known', on: 'any' },
  { action: 'autoscaling:DescribeAutoScalingGroups', why: 'no machine is replaced', on: 'any' },
  { action: 'autoscaling:DescribeScalingActivities', why: 'it is not known what became of a replacement', on: 'any' },
  { action: 'ec2:RebootInstances', why: 'no machine is rebooted', on: 'own' },
  { action: 'autoscaling:TerminateInstanceInAutoScalingGroup', why: 'no machine is replaced', on: 'own' },
  { action: 'autoscaling:SetDesiredCapacity', why: 'no replacement is started first', on: 'own' },
  { action: 'autoscaling:CreateOrUpdateTags', why: 'no replacement is started first', on: 'own' },
] as const satisfies readonly AwsRight[]

export type AwsAction = (typeof awsRights)[number]['action']

/**
 * The least policy for a controller of `cluster`: reads everywhere, changes what carries the cluster's tag alone. EKS puts
 * its tag on the groups and instances of managed node groups; those of self-managed ones carry that of AWS's cloud controller.
 */
export function iamPolicy(cluster: string, managed: boolean): object {
  const rights = (awsRights as readonly AwsRight[]).filter(({ action }) => managed || !action.startsWith('eks:'))
  const actions = (on: AwsRight['on']): readonly string[] =>
    rights.filter((one) => one.on === on).map(({ action }) => action)
  const [name, value] = managed ? ['eks:cluster-name', cluster] : [`kubernetes.io/cluster/${cluster}`, 'owned']
  return {
    Version: '2012-10-17',
    Statement: [
      { Sid: 'NodemendReads', Effect: 'Allow', Action: actions('any'), Resource: '*' },
      {
        Sid: 'NodemendRepairs',
        Effect: 'Allow',
        Action: actions('own'),
        Resource: '*',
        Condition: { StringEquals: { [`aws:ResourceTag/${name}`]: value } },
      },
    ],
  }
}
