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

export type ConditionStatus = 'True' | 'False' | 'Unknown'

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
