/** Did it help, where the action left the Node object in place? Only what the node has said since then counts. */
import { conditionOf, isReady, type NodeView, type SeenCondition } from '../../model/node.ts'
import type { Plan } from '../../model/repair.ts'
import { type Health, judgeHealth } from './health.ts'

/**
 * Judges `node` by the conditions seen at `since` (epoch milliseconds) or later; earlier ones count as nothing, good or bad.
 * `event` names what happened at `since` in the words for people, for example `its new boot`.
 */
export function judgeSince(node: NodeView | undefined, plan: Plan, since: number, event: string): Health {
  if (!node) return { kind: 'gone', why: 'the node is gone' }
  const saidSince = (one: SeenCondition): boolean => one.seenAt >= since && !isOfUnknownAge(one)
  const fresh = { ...node, conditions: node.conditions.filter(saidSince) }
  if (!isReady(fresh)) return { kind: 'not-yet', why: `${node.name} has not been ready since ${event}` }
  if (!conditionOf(fresh, plan.condition)) {
    return { kind: 'not-yet', why: `nobody has reported ${plan.condition} of ${node.name} since ${event}` }
  }
  return judgeHealth(fresh, plan, 'same-node')
}

/** First seen with a stamp ahead of our clock: it may be from before `since`, and the next heartbeat tells. */
function isOfUnknownAge({ seenAt, watched, lastHeartbeatTime, lastTransitionTime }: SeenCondition): boolean {
  if (watched === undefined || watched.since !== seenAt) return false
  return [lastHeartbeatTime, lastTransitionTime].some((stamp) => Date.parse(stamp ?? '') > seenAt)
}
