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

/** The finished records, found by node: made once per pass. */
export interface History {
  /** By the UID of the node that was under repair. */
  readonly of: ReadonlyMap<string, readonly Attempt[]>
  /** Failed repairs by the UID of the node that they ended on. */
  readonly failedBefore: ReadonlyMap<string, readonly Attempt[]>
}

export function historyOf(records: readonly Attempt[]): History {
  const finished = records.filter((one) => one.phase === 'Failed' || one.phase === 'Succeeded')
  const failed = finished.filter((one) => one.phase === 'Failed')
  return {
    of: Map.groupBy(finished, (one) => one.nodeUid),
    failedBefore: Map.groupBy(failed, (one) => one.successor?.uid ?? ''),
  }
}

/**
 * The rung on which `node` is. A rung's attempts are those with its action, whichever policy asked for them: failures in
 * the lineage, and successes on the same Node object after which it is sick with the same condition again.
 */
export function standingOf(policy: Policy, node: NodeView, condition: string, history: History, now: number): Standing {
  const tried = [...lineageOf(node.uid, history)]
    .flatMap((uid) => history.of.get(uid) ?? [])
    .filter((one) => now - phaseSince(one) < windowMs)
    .filter((one) => one.phase === 'Failed' || didNotLast(one, node, condition))
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
function lineageOf(uid: string, { failedBefore }: History): ReadonlySet<string> {
  const lineage = new Set([uid])
  for (const member of lineage) {
    for (const one of failedBefore.get(member) ?? []) lineage.add(one.nodeUid)
  }
  return lineage
}

function didNotLast({ phase, nodeUid, plan }: Attempt, node: NodeView, condition: string): boolean {
  return phase === 'Succeeded' && nodeUid === node.uid && plan?.condition === condition
}
