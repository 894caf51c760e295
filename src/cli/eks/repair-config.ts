/** The node repair configuration of a managed node group, from flags to the EKS API's structure. */
import type { NodeRepairConfig, NodeRepairConfigOverrides, RepairAction } from '@aws-sdk/client-eks'
import { parseDuration } from '../../catalog/duration.ts'
import { conditionTypes } from '../../model/condition.ts'

const actions: readonly RepairAction[] = ['Replace', 'Reboot', 'NoAction']

/** A number of nodes or a share of them; EKS takes one of the two. */
export type Amount = { readonly count: number } | { readonly percent: number }

export interface RepairFlags {
  readonly maxUnhealthy?: Amount
  readonly maxParallel?: Amount
  readonly overrides: readonly NodeRepairConfigOverrides[]
}

/** `3` → a count, `20%` → a share from 1 to 100; undefined for anything else. */
export function parseAmount(text: string): Amount | undefined {
  const [, digits = '', percent] = /^(\d{1,6})(%?)$/.exec(text) ?? []
  const number = Number(digits)
  if (digits === '' || number < 1) return undefined
  if (percent === '') return { count: number }
  return number <= 100 ? { percent: number } : undefined
}

/** `AcceleratedHardwareReady/NvidiaXID64Error=Replace@5m`. The answer is the override, or what is wrong with the text. */
export function parseOverride(text: string): NodeRepairConfigOverrides | string {
  const [, condition = '', reason = '', action = '', wait = ''] = /^([^/=@]+)\/([^=@]+)=([^@]+)@(.+)$/.exec(text) ?? []
  if (condition === '') return 'write CONDITION/REASON=ACTION@WAIT, e.g. StorageReady/IODelays=Replace@10m'
  if (!(conditionTypes as readonly string[]).includes(condition)) return `conditions are ${conditionTypes.join(', ')}`
  const known = actions.find((one) => one === action)
  if (!known) return `actions are ${actions.join(', ')}`
  const minutes = (parseDuration(wait) ?? 0) / 60_000
  if (!Number.isInteger(minutes) || minutes < 1) return 'the wait is whole minutes, 1m at least'
  return {
    nodeMonitoringCondition: condition,
    nodeUnhealthyReason: reason,
    minRepairWaitTimeMins: minutes,
    repairAction: known,
  }
}

/** What is sent to turn repair on. */
export function repairConfig({ maxUnhealthy, maxParallel, overrides }: RepairFlags): NodeRepairConfig {
  return {
    enabled: true,
    ...(maxUnhealthy && {
      ...('count' in maxUnhealthy && { maxUnhealthyNodeThresholdCount: maxUnhealthy.count }),
      ...('percent' in maxUnhealthy && { maxUnhealthyNodeThresholdPercentage: maxUnhealthy.percent }),
    }),
    ...(maxParallel && {
      ...('count' in maxParallel && { maxParallelNodesRepairedCount: maxParallel.count }),
      ...('percent' in maxParallel && { maxParallelNodesRepairedPercentage: maxParallel.percent }),
    }),
    ...(overrides.length > 0 && { nodeRepairConfigOverrides: [...overrides] }),
  }
}
