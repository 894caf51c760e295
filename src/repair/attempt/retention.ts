/** How long the audit trail is kept: as long as a person or a limit needs it, and no longer. */
import { type Attempt, isFinished, phaseSince } from '../../model/repair.ts'

/** Finished records per node that are kept, however old, as long as a node of that name is there. */
const keptPerNode = 3
const keptMs = 7 * 24 * 3_600_000
const mostPerNode = 100

/**
 * Finished records that may go: older than seven days, and not among the last three of a node that is there (`present`, by
 * name). Beyond a hundred of a node those go earlier that were never admitted, so that a flapping node cannot fill the
 * store; an admitted one stays for its seven days, because limits count it, and the pause between attempts bounds them.
 */
export function outdated(records: readonly Attempt[], present: ReadonlySet<string>, now: number): readonly Attempt[] {
  const byNode = Map.groupBy(
    records.filter((one) => isFinished(one.phase)),
    (one) => one.nodeName,
  )
  return [...byNode].flatMap(([name, mine]) => {
    const least = present.has(name) ? keptPerNode : 0
    return mine
      .sort((a, b) => phaseSince(b) - phaseSince(a))
      .filter((one, index) => {
        if (index < least) return false
        return now - phaseSince(one) > keptMs || (index >= mostPerNode && !one.plan)
      })
  })
}
