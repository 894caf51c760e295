/** Since when a policy sees a condition sick: counted from the first sick status to the next healthy report. */

import { type ConditionStatus, saysHealthy } from '../../model/condition.ts'
import type { FirstSighting } from '../../model/decision.ts'
import { restrainingDrill } from '../../model/drill.ts'
import { type ClusterSnapshot, conditionOf, type NodeView, type SeenCondition, selects } from '../../model/node.ts'
import type { Policy } from '../../model/policy.ts'
import type { Attempt } from '../../model/repair.ts'

interface Seen {
  readonly policy: Policy
  readonly condition: SeenCondition
}

/**
 * When the toleration started. Foreign stamps can only delay it: a transition newer than our sighting means that the
 * condition was fine in between, unless we watched it and saw no healthy report. A stamp of the future says nothing.
 */
export function sightingOf(
  { policy, condition }: Seen,
  record: Attempt | undefined,
  snapshot: ClusterSnapshot,
  now: number,
): FirstSighting {
  const { type, status, reason } = condition
  const drill = restrainingDrill(condition) !== undefined
  const known = record?.sightings.find((one) => one.policy === policy.name && one.condition === type)
  // What a drill has waited for does not count for the real fault that follows it.
  const seen = known?.drill === true && !drill ? { ...known, since: now } : known
  const first = Math.min(seen?.since ?? now, now)
  const stamp = Date.parse(condition.lastTransitionTime)
  const later = stamp > first && stamp <= now
  const between = later && seen !== undefined && (seen.transition === stamp || stayedSick(condition, first))
  const since = Math.max(later && !between ? stamp : first, snapshot.health.settledAt ?? 0)
  const stamps = { since, ...(between && { transition: stamp }), ...(drill && { drill }) }
  return { policy: policy.name, condition: type, status, reason, ...stamps }
}

/** True when we have watched the condition since `since`, and no report of it was a healthy one. */
function stayedSick({ type, status, watched }: SeenCondition, since: number): boolean {
  if (watched === undefined || watched.since > since) return false
  const statuses: readonly ConditionStatus[] = ['True', 'False', 'Unknown']
  return !statuses.some((one) => saysHealthy(type, one, status) && (watched[one] ?? 0) > since)
}

/** Sightings of `record` that no rule renews now (`renewed`), because the condition is neither sick as its policy says nor healthy. */
export function keptSightings(
  node: NodeView,
  policies: readonly Policy[],
  record: Attempt | undefined,
  renewed: readonly FirstSighting[],
): readonly FirstSighting[] {
  return (record?.sightings ?? []).filter((seen) => {
    if (renewed.some((one) => one.policy === seen.policy && one.condition === seen.condition)) return false
    const policy = policies.find((one) => one.name === seen.policy && selects(one.nodeSelector, node.labels))
    const asked = policy?.match.some((one) => one.condition === seen.condition) ?? false
    return asked && !saysHealthy(seen.condition, conditionOf(node, seen.condition)?.status, seen.status)
  })
}
