/** Life-cycle conditions of a Node in Kubernetes' own words (KEP-5683). `GracefulNodeShutdownInProgress` is kubelet's alone. */
export const lifecycleTypes = ['MaintenancePlanned', 'DrainInProgress', 'Drained', 'MaintenanceInProgress'] as const
export type LifecycleType = (typeof lifecycleTypes)[number]

/** Marks a life-cycle condition as ours. Readers go by type and status (KEP-5683), so the reason is free to name its owner. */
export const ownLifecycleReason = 'NodemendRepair'

/** True for a life-cycle condition that this controller has written. */
export function isOwnLifecycle({ type, reason }: { readonly type: string; readonly reason?: string }): boolean {
  const types: readonly string[] = lifecycleTypes
  return reason === ownLifecycleReason && types.includes(type)
}
