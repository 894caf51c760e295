/** Node conditions, which the agent reports to the cluster. True is healthy. */

/**
 * The five condition types that EKS node auto repair and Karpenter's AWS provider act on, in the order the agent writes
 * them.
 */
export const conditionTypes = [
  'KernelReady',
  'NetworkingReady',
  'StorageReady',
  'ContainerRuntimeReady',
  'AcceleratedHardwareReady',
] as const
export type ConditionType = (typeof conditionTypes)[number]

/** Conditions of the node problem detector that others act on; the agent writes them where it is asked to. */
export const npdConditionTypes = [
  'KernelDeadlock',
  'ReadonlyFilesystem',
  'FrequentKubeletRestart',
  'FrequentContainerdRestart',
] as const
export type NpdConditionType = (typeof npdConditionTypes)[number]

export type ConditionStatus = 'True' | 'False' | 'Unknown'

/**
 * What the controller writes on a node for which somebody asks it to act: a NodeHealthCheck of medik8s, or a MachineHealthCheck of
 * Cluster API. True while that is asked.
 */
export const requestedCondition = 'RemediationRequested'

/** Conditions that name a trouble, kubelet's and the node problem detector's: False is good there. */
const troubles: ReadonlySet<string> = new Set([
  'MemoryPressure',
  'DiskPressure',
  'PIDPressure',
  'NetworkUnavailable',
  requestedCondition,
  ...npdConditionTypes,
])
/** Conditions that name a good state: kubelet's, and those that the agents write. */
const goods: ReadonlySet<string> = new Set(['Ready', ...conditionTypes])

/** The conditions whose healthy status is known, by that status. */
export const healthyConditions: Readonly<Record<'True' | 'False', readonly string[]>> = {
  True: [...goods],
  False: [...troubles],
}

/** What a healthy node reports for a condition; undefined for a condition that is not known. */
export function healthyStatus(type: string): ConditionStatus | undefined {
  return goods.has(type) ? 'True' : troubles.has(type) ? 'False' : undefined
}

/**
 * True where `status` is the report of a healthy node, and `sick` the status that a policy takes for sick. Unknown, no
 * report (`undefined`) and another sick status are none. Of a condition that is not known the opposite of `sick` is healthy.
 */
export function saysHealthy(type: string, status: ConditionStatus | undefined, sick: ConditionStatus): boolean {
  const healthy = healthyStatus(type)
  if (healthy !== undefined) return status === healthy
  return status !== undefined && status !== 'Unknown' && status !== sick
}

/** A NodeCondition in `status.conditions` of a Node (core/v1). Times are RFC 3339. */
export interface NodeCondition {
  readonly type: string
  readonly status: ConditionStatus
  readonly reason: string
  readonly message: string
  readonly lastHeartbeatTime?: string
  readonly lastTransitionTime: string
}

/**
 * Reason and message of a condition that is True: wire strings of the EKS node monitoring agent (v1.7,
 * `pkg/conditions`).
 */
export const readyText: Readonly<Record<ConditionType, { readonly reason: string; readonly message: string }>> = {
  KernelReady: { reason: 'KernelIsReady', message: 'Monitoring for the Kernel system is active' },
  NetworkingReady: { reason: 'NetworkingIsReady', message: 'Monitoring for the Networking system is active' },
  StorageReady: { reason: 'DiskIsReady', message: 'Monitoring for the Disk system is active' },
  ContainerRuntimeReady: {
    reason: 'ContainerRuntimeIsReady',
    message: 'Monitoring for the ContainerRuntime system is active',
  },
  AcceleratedHardwareReady: {
    reason: 'NvidiaGPUIsReady',
    message: 'Monitoring for the Nvidia GPU system is active',
  },
}

/** Reason of a condition that has not been checked yet; it is Unknown, never True. */
export const unknownText = { reason: 'NotYetChecked', message: 'The first check has not finished' } as const
