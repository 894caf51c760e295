/** The node repair configuration of a managed node group in words. */
import type { NodeRepairConfig } from '@aws-sdk/client-eks'
import { formatDuration } from '../../catalog/duration.ts'

/** One line for people. */
export function repairText(config: NodeRepairConfig | undefined): string {
  if (!config?.enabled) return 'off'
  const unhealthy = amountText(config.maxUnhealthyNodeThresholdCount, config.maxUnhealthyNodeThresholdPercentage)
  const parallel = amountText(config.maxParallelNodesRepairedCount, config.maxParallelNodesRepairedPercentage)
  const overrides = (config.nodeRepairConfigOverrides ?? []).map(
    ({ nodeUnhealthyReason, repairAction, minRepairWaitTimeMins = 0 }) =>
      `${nodeUnhealthyReason} ${repairAction} after ${formatDuration(minRepairWaitTimeMins * 60_000)}`,
  )
  return [
    'on',
    `stops above ${unhealthy ?? '20 % (of more than 5 nodes)'} unhealthy`,
    ...(parallel === undefined ? [] : [`${parallel} at a time`]),
    ...overrides,
  ].join('; ')
}

function amountText(count: number | undefined, percent: number | undefined): string | undefined {
  if (count !== undefined) return `${count}`
  return percent === undefined ? undefined : `${percent} %`
}
