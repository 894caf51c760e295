/** The provider's cloud through the AWS SDK: the edge. Nothing is repeated here, because only the state machine may. */
import type { Activity, AutoScalingGroup } from '@aws-sdk/client-auto-scaling'
import type { InstanceStatus } from '@aws-sdk/client-ec2'
import type { Nodegroup as EksNodegroup } from '@aws-sdk/client-eks'
import { shownText } from '../../model/shown.ts'
import {
  type Change,
  type Cloud,
  type Group,
  growthTag,
  type Instance,
  type Nodegroup,
  type ScheduledEvent,
} from './cloud.ts'
import type { AwsAction } from './iam.ts'
import { repairText } from './repair-text.ts'

export interface AwsOptions {
  /** Its managed node groups can be asked about; absent where there are none. */
  readonly cluster?: string
  /** Default: as the SDK finds it (AWS_REGION, which EKS sets in pods with a role). */
  readonly region?: string
}

type Sdk = typeof import('./sdk.ts')

interface Clients {
  readonly sdk: Sdk
  readonly eks: InstanceType<Sdk['EKSClient']>
  readonly ec2: InstanceType<Sdk['EC2Client']>
  readonly scaling: InstanceType<Sdk['AutoScalingClient']>
}

/** The newest activities of a group: what ended an instance of a repair is among them. */
const newestActivities = 100

/** The SDK is loaded, and credentials are looked for, at the first call. */
export function awsCloud({ cluster, region }: AwsOptions): Cloud {
  let opened: Promise<Clients> | undefined
  const clients = (): Promise<Clients> => {
    opened ??= open(region)
    return opened
  }
  return {
    instance: async (id, timeoutMs) => describeInstance(await clients(), id, timeoutMs),
    async group(name, timeoutMs) {
      const { sdk, scaling } = await clients()
      const command = new sdk.DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name] })
      const { AutoScalingGroups = [] } = await told('autoscaling:DescribeAutoScalingGroups', timeoutMs, (options) =>
        scaling.send(command, options),
      )
      return AutoScalingGroups.map(groupOf).find((one) => one.name === name)
    },
    async nodegroup(nodegroupName, timeoutMs) {
      const { sdk, eks } = await clients()
      if (cluster === undefined) throw new Error('no --eks-cluster is set')
      const command = new sdk.DescribeNodegroupCommand({ clusterName: cluster, nodegroupName })
      const { nodegroup } = await told('eks:DescribeNodegroup', timeoutMs, (options) => eks.send(command, options))
      if (!nodegroup) throw new Error(`EKS answered without the node group ${nodegroupName}`)
      return nodegroupOf(nodegroup)
    },
    async ending(group, instance, timeoutMs) {
      const { sdk, scaling } = await clients()
      const input = { AutoScalingGroupName: group, MaxRecords: newestActivities }
      const { Activities = [] } = await told('autoscaling:DescribeScalingActivities', timeoutMs, (options) =>
        scaling.send(new sdk.DescribeScalingActivitiesCommand(input), options),
      )
      return Activities.find((one) => ends(one, instance))?.Description
    },
    change: async (change, timeoutMs) => carryOut(await clients(), change, timeoutMs),
  }
}

function nodegroupOf({ status, health, nodeRepairConfig }: EksNodegroup): Nodegroup {
  return {
    status: status ?? '',
    issues: (health?.issues ?? []).map(({ code = '', message = '' }) => shownText(`${code}: ${message}`)),
    repairs: nodeRepairConfig?.enabled ?? false,
    limits: repairText(nodeRepairConfig),
  }
}

async function open(region: string | undefined): Promise<Clients> {
  const sdk = await import('./sdk.ts')
  const options = { maxAttempts: 1, ...(region !== undefined && { region }) }
  return {
    sdk,
    eks: new sdk.EKSClient(options),
    ec2: new sdk.EC2Client(options),
    scaling: new sdk.AutoScalingClient(options),
  }
}

async function describeInstance({ sdk, ec2, scaling }: Clients, id: string, timeoutMs: number): Promise<Instance> {
  const InstanceIds = [id]
  const [status, { AutoScalingInstances = [] }] = await Promise.all([
    told('ec2:DescribeInstanceStatus', timeoutMs, (options) =>
      ec2
        .send(new sdk.DescribeInstanceStatusCommand({ InstanceIds, IncludeAllInstances: true }), options)
        .catch(unheard),
    ),
    told('autoscaling:DescribeAutoScalingInstances', timeoutMs, (options) =>
      scaling.send(new sdk.DescribeAutoScalingInstancesCommand({ InstanceIds }), options),
    ),
  ])
  const found = status.InstanceStatuses?.find(({ InstanceId }) => InstanceId === id)
  const member = AutoScalingInstances.find(({ InstanceId }) => InstanceId === id)
  return {
    id,
    state: found?.InstanceState?.Name ?? 'unheard',
    ...(member?.AutoScalingGroupName !== undefined && { group: member.AutoScalingGroupName }),
    ...(member?.LifecycleState !== undefined && { lifecycle: member.LifecycleState }),
    failing: failingOf(found),
    events: eventsOf(found),
  }
}

/** EC2 forgets an instance an hour after its end. */
function unheard(error: unknown): { readonly InstanceStatuses: InstanceStatus[] } {
  if ((error as Error).name === 'InvalidInstanceID.NotFound') return { InstanceStatuses: [] }
  throw error
}

function failingOf(found: InstanceStatus | undefined): readonly string[] {
  const checks = { system: found?.SystemStatus, instance: found?.InstanceStatus, EBS: found?.AttachedEbsStatus }
  return Object.entries(checks).flatMap(([name, check]) => (check?.Status === 'impaired' ? [name] : []))
}

/** Events that are over stay in the list for a week, and say so in their description. */
function eventsOf(found: InstanceStatus | undefined): readonly ScheduledEvent[] {
  return (found?.Events ?? [])
    .filter(({ Description = '' }) => !/^\[(?:Completed|Canceled)\]/.test(Description))
    .map(({ Code = 'event', NotBefore, NotAfter }) => ({
      code: Code,
      ...(NotBefore && { notBefore: NotBefore.getTime() }),
      ...(NotAfter && { notAfter: NotAfter.getTime() }),
    }))
}

function groupOf({
  AutoScalingGroupName: name = '',
  DesiredCapacity: desired = 0,
  MaxSize: max = 0,
  Instances = [],
  SuspendedProcesses = [],
  Tags = [],
}: AutoScalingGroup): Group {
  const mark = Tags.find(({ Key }) => Key === growthTag)?.Value
  return {
    name,
    desired,
    max,
    instances: Instances.map(({ InstanceId: id = '', LifecycleState: lifecycle = '' }) => ({ id, lifecycle })),
    suspended: SuspendedProcesses.map(({ ProcessName = '' }) => ProcessName),
    ...(mark !== undefined && { mark }),
  }
}

/** An activity that failed has ended nothing. */
function ends({ Description = '', StatusCode }: Activity, instance: string): boolean {
  const failed = StatusCode === 'Failed' || StatusCode === 'Cancelled'
  return !failed && Description === `Terminating EC2 instance: ${instance}`
}

async function carryOut({ sdk, ec2, scaling }: Clients, change: Change, timeoutMs: number): Promise<void> {
  switch (change.kind) {
    case 'reboot': {
      const command = new sdk.RebootInstancesCommand({ InstanceIds: [change.instance] })
      return void (await told('ec2:RebootInstances', timeoutMs, (options) => ec2.send(command, options)))
    }
    case 'terminate': {
      const { instance: InstanceId, decrement: ShouldDecrementDesiredCapacity } = change
      const command = new sdk.TerminateInstanceInAutoScalingGroupCommand({ InstanceId, ShouldDecrementDesiredCapacity })
      return void (await told('autoscaling:TerminateInstanceInAutoScalingGroup', timeoutMs, (options) =>
        scaling.send(command, options),
      ))
    }
    case 'mark': {
      const tag = { Key: growthTag, Value: change.mark, PropagateAtLaunch: false }
      const on = { ResourceId: change.group, ResourceType: 'auto-scaling-group' }
      const command = new sdk.CreateOrUpdateTagsCommand({ Tags: [{ ...on, ...tag }] })
      return void (await told('autoscaling:CreateOrUpdateTags', timeoutMs, (options) => scaling.send(command, options)))
    }
    case 'resize': {
      const input = { AutoScalingGroupName: change.group, DesiredCapacity: change.desired, HonorCooldown: false }
      const command = new sdk.SetDesiredCapacityCommand(input)
      return void (await told('autoscaling:SetDesiredCapacity', timeoutMs, (options) => scaling.send(command, options)))
    }
  }
}

/** Says which call failed, and what usually helps. */
async function told<A>(
  action: AwsAction,
  timeoutMs: number,
  send: (options: { readonly abortSignal: AbortSignal }) => Promise<A>,
): Promise<A> {
  try {
    return await send({ abortSignal: AbortSignal.timeout(Math.ceil(timeoutMs)) })
  } catch (error) {
    const { name, message } = error as Error
    const said =
      name === 'AbortError' || name === 'TimeoutError' ? `no answer within ${Math.ceil(timeoutMs)} ms` : message || name
    throw new Error(`AWS, ${action}: ${said}${remedyOf(name, action, message)}`)
  }
}

function remedyOf(name: string, action: AwsAction, message: string): string {
  if (/AccessDenied|Unauthorized/.test(name)) return `; the controller's role needs ${action}: nodemend eks policy`
  if (name === 'CredentialsProviderError') return '; give the controller a role: docs/how-to/eks.md'
  return /region is missing/i.test(message) ? '; give the controller --aws-region' : ''
}
