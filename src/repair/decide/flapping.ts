/** Conditions that come and go: what was sick again and again is sick, although each spell is shorter than the toleration. */
import type { FirstSighting } from '../../model/decision.ts'
import type { ClusterSnapshot } from '../../model/node.ts'
import { type Attempt, phaseSince } from '../../model/repair.ts'

/** One or two recoveries are recoveries: from the third spell on, the spells before it count. */
const fewestSpells = 2
/** Spells that ended longer before the present one count no more; twice the toleration where that is longer. */
const windowMs = 3_600_000
/** The present spell lasts at least this long, whatever was before it. */
const leastMs = 60_000

/** By node: its records that a healthy report ended before anything was done, in its present boot. */
export function spellsOf(
  records: readonly Attempt[],
  { nodes }: Pick<ClusterSnapshot, 'nodes'>,
): ReadonlyMap<string, readonly Attempt[]> {
  const cleared = records.filter((one) => one.phase === 'Cancelled' && !one.plan && one.sightings.length > 0)
  if (cleared.length === 0) return new Map()
  const boots = new Map(nodes.map((node) => [node.uid, node.bootId]))
  return Map.groupBy(
    cleared.filter((one) => boots.get(one.nodeUid) === one.bootId),
    (one) => one.nodeUid,
  )
}

/** What the spells before the present one leave of a toleration. */
export interface Left {
  readonly leftMs: number
  /** How long it was sick in the spells that count; 0 where none do. */
  readonly spentMs: number
}

/** `toleration` in milliseconds; `spells` are those of the node, as {@link spellsOf} finds them. */
export function leftOf(toleration: number, seen: FirstSighting, spells: readonly Attempt[]): Left {
  const from = seen.since - Math.max(windowMs, 2 * toleration)
  const lasted = spells.flatMap((one) => {
    const before = one.sightings.find(({ policy, condition }) => policy === seen.policy && condition === seen.condition)
    const endedAt = phaseSince(one)
    return !before || before.drill || endedAt < from || endedAt > seen.since
      ? []
      : [Math.max(0, endedAt - before.since)]
  })
  const spentMs = lasted.length < fewestSpells ? 0 : lasted.reduce((sum, ms) => sum + ms, 0)
  return { spentMs, leftMs: Math.max(Math.min(toleration, leastMs), toleration - spentMs) }
}
