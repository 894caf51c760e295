/** Which rung of its policy's ladder a node is on, from what was tried on it and on the nodes before it. */
import type { Action, Rung } from '../../model/action.ts'
import type { NodeView } from '../../model/node.ts'
import type { Policy } from '../../model/policy.ts'
import { type Attempt, phaseSince } from '../../model/repair.ts'

/** What was tried longer ago than this counts no more. */
const windowMs = 24 * 3_600_000

export interface Standing {
  /** What is to be tried next; after the last rung, its action. */
  readonly action: Action
  /** When each attempt of the lineage ended that did not help, oldest first. */
  readonly tried: readonly number[]
  /** True when every rung has had its attempts. */
  readonly spent: boolean
}

/**
 * The rung on which `node` is. A rung's attempts are those with its action, whichever policy asked for them: failures in
 * the lineage, and successes on the same Node object after which it is sick with the same condition again.
 */
export function standingOf(
  policy: Policy,
  node: NodeView,
  condition: string,
  records: readonly Attempt[],
  now: number,
): Standing {
  const lineage = lineageOf(node.uid, records)
  const tried = records.filter(
    (one) => now - phaseSince(one) < windowMs && (failedIn(lineage, one) || didNotLast(one, node, condition)),
  )
  // A failed record without a plan counts on every rung.
  const times = ({ action }: Rung): number => tried.filter(({ plan }) => !plan || plan.action === action).length
  const open = policy.ladder.find((rung) => times(rung) < rung.attempts)
  return {
    action: (open ?? policy.ladder.at(-1))?.action ?? 'NoAction',
    tried: tried.map(phaseSince).sort((a, b) => a - b),
    spent: open === undefined,
  }
}

/** UIDs of the node and of those whose failed repair it came from; a proven repair starts a new lineage. */
function lineageOf(uid: string, records: readonly Attempt[]): ReadonlySet<string> {
  const lineage = new Set([uid])
  for (const member of lineage) {
    for (const one of records) {
      if (one.phase === 'Failed' && one.successor?.uid === member) lineage.add(one.nodeUid)
    }
  }
  return lineage
}

function failedIn(lineage: ReadonlySet<string>, { phase, nodeUid }: Attempt): boolean {
  return phase === 'Failed' && lineage.has(nodeUid)
}

function didNotLast({ phase, nodeUid, plan }: Attempt, node: NodeView, condition: string): boolean {
  return phase === 'Succeeded' && nodeUid === node.uid && plan?.condition === condition
}
