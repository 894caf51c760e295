/** What people are told of a node in one word. */
import { conditionTypes } from '../../model/condition.ts'
import type { SeenCondition } from '../../model/node.ts'
import { staleAfterMs } from '../../repair/decide/gates/stale.ts'

/**
 * `unknown`: nothing says that it is sick, but nobody can look (its agent cannot read or has only just begun, or its kubelet is
 * silent). `no-agent`: kubelet says that it is ready, and nobody looks for more.
 */
export type NodeState = 'healthy' | 'no-agent' | 'unknown' | 'sick'

/** In the order in which people want to see them. */
export const gravest: readonly NodeState[] = ['sick', 'unknown', 'no-agent', 'healthy']

const ours: readonly string[] = conditionTypes

/** Ready and our five conditions speak. `now` is our clock. */
export function stateOf(conditions: readonly SeenCondition[], now: number): NodeState {
  const told = conditions.filter((one) => one.type === 'Ready' || ours.includes(one.type))
  const ready = told.find((one) => one.type === 'Ready')?.status
  if (ready === 'False' || told.some((one) => one.status === 'False')) return 'sick'
  if (ready !== 'True') return 'unknown'
  if (unwatched(conditions, now) !== undefined) return 'no-agent'
  return told.every((one) => one.status === 'True') ? 'healthy' : 'unknown'
}

/** Why nobody looks for the faults of the node; undefined while an agent reports. */
export function unwatched(conditions: readonly SeenCondition[], now: number): string | undefined {
  const own = conditions.filter((one) => ours.includes(one.type))
  if (own.length === 0) return 'no agent has ever reported'
  const newest = Math.max(...own.map((one) => one.seenAt))
  // Without heartbeats the age is unknown: then the last status stands.
  if (own.some((one) => one.lastHeartbeatTime === undefined) || now - newest <= staleAfterMs) return undefined
  return `no agent has reported since ${new Date(newest).toISOString()}`
}
