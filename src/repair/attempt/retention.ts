/** How long the audit trail is kept. */
import { type Attempt, isFinished, phaseSince } from '../../model/repair.ts'

/** Finished records per node that are kept, however old. */
const keptPerNode = 3
const keptMs = 7 * 24 * 3_600_000

/**
 * Finished records that may go: older than seven days, and not among the last three of their node name. A record whose
 * time has not come also goes when its node has more than a hundred, so that a flapping node cannot fill the store.
 */
export function outdated(records: readonly Attempt[], now: number): readonly Attempt[] {
  const byNode = Map.groupBy(
    records.filter((one) => isFinished(one.phase)),
    (one) => one.nodeName,
  )
  return [...byNode.values()].flatMap((mine) =>
    mine
      .sort((a, b) => phaseSince(b) - phaseSince(a))
      .filter((one, index) => index >= keptPerNode && (now - phaseSince(one) > keptMs || index >= mostPerNode)),
  )
}

const mostPerNode = 100
