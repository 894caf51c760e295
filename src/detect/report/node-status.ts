/** Converts conditions to the body of a server-side apply on `nodes/status`. Pure. */
import { conditionTypes, type NodeCondition } from '../../model/condition.ts'
import { rfc3339Seconds } from '../../telemetry/rfc3339.ts'
import type { LifecycleState } from '../lifecycle/state.ts'

/**
 * The agent's name in `managedFields`. The apply leaves conditions of other managers unchanged and removes an own
 * condition that is left out.
 */
export const fieldManager = 'nodemend-agent'

export function nodeConditions(state: Pick<LifecycleState, 'conditions'>, wallNow: number): readonly NodeCondition[] {
  return conditionTypes.map((type) => {
    const { status, reason, message, since } = state.conditions[type]
    return {
      type,
      status,
      reason,
      message,
      lastHeartbeatTime: rfc3339Seconds(wallNow),
      lastTransitionTime: rfc3339Seconds(Math.min(since, wallNow)),
    }
  })
}
