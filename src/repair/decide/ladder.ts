/** Which rung of its policy's ladder a node is on, from what was tried on it and on the nodes before it. */
import type { Action, Rung } from '../../model/action.ts'
import type { NodeView } from '../../model/node.ts'
import type { Policy } from '../../model/policy.ts'
import { type Attempt, phaseSince, vetoText } from '../../model/repair.ts'

/** What was tried longer ago than this counts no more. */
export const windowMs = 24 * 3_600_000
/** So many machines of one lineage are taken within the window, whatever the conditions and the policies. */
const mostMachines = 3

export interface Standing {
  /** What is to be tried next; after the last rung, its action. */
  readonly action: Action
  /** The attempts of the lineage that did not help, and drains that were cancelled, oldest first. */
  readonly tried: readonly Attempt[]
  /** True when every rung has had its attempts, or the lineage its machines. */
  readonly spent: boolean
}

/** The finished records that later decisions count, found by node: made once per pass. */
export interface History {
  /** By the UID of the node that was under repair. */
  readonly of: ReadonlyMap<string, readonly Attempt[]>
  /** By the UID of the node that they ended on. */
  readonly before: ReadonlyMap<string, readonly Attempt[]>
  /** By name and by providerID: a machine may come back as another Node object. */
  readonly sameMachine: ReadonlyMap<string, readonly Attempt[]>
}

/** Indexes what counts: what has failed or was proven, and drains that were cancelled; not what a person forgave. */
export function historyOf(records: readonly Attempt[]): History {
  const counted = records.filter(countsLater)
  return {
    of: Map.groupBy(counted, (one) => one.nodeUid),
    before: Map.groupBy(
      counted.filter((one) => one.successor),
      (one) => one.successor?.uid ?? '',
    ),
    sameMachine: new Map([
      ...Map.groupBy(counted, (one) => `name ${one.nodeName}`),
      ...Map.groupBy(counted, (one) => `machine ${one.providerId ?? ''}`),
    ]),
  }
}

/** True for a finished record that the next decision must know of. Retention keeps it for the window. */
export function countsLater({ phase, phases, forgivenBy, taintedAt }: Attempt): boolean {
  if (forgivenBy !== undefined) return false
  if (phase === 'Failed' || phase === 'Succeeded') return true
  // A person who takes a veto back wants the repair now.
  return phase === 'Cancelled' && taintedAt !== undefined && !phases.at(-1)?.why.startsWith(vetoText)
}

/**
 * The rung on which `node` is. A rung's attempts are those with its action, whichever policy asked for them: failures in
 * the lineage, and successes after which the node or its successor is sick with the same condition again. A cancelled
 * drain uses up no rung, but pauses the next attempt.
 */
export function standingOf(
  policy: Pick<Policy, 'ladder'>,
  node: NodeView,
  condition: string,
  history: History,
  now: number,
): Standing {
  const recent = countedOn(node, history)
    .filter((one) => now - phaseSince(one) < windowMs)
    .sort((a, b) => phaseSince(a) - phaseSince(b) || (a.name < b.name ? -1 : 1))
  const tried = recent.filter((one) => one.phase !== 'Succeeded' || one.plan?.condition === condition)
  const used = tried.filter((one) => one.phase !== 'Cancelled')
  // A failed record without a plan counts on every rung.
  const times = ({ action }: Rung): number => used.filter(({ plan }) => !plan || plan.action === action).length
  const open = policy.ladder.find((rung) => times(rung) < rung.attempts)
  const action = (open ?? policy.ladder.at(-1))?.action ?? 'NoAction'
  const machines = recent.filter((one) => one.phase !== 'Cancelled' && one.plan?.action === 'Replace')
  const capped = action === 'Replace' && machines.length >= mostMachines
  return { action, tried: capped ? machines : tried, spent: capped || open === undefined }
}

/** Every record that later decisions about `node` count, of its whole lineage. */
export function countedOn(node: Machine, history: History): readonly Attempt[] {
  return [...lineageOf(node, history)].flatMap((uid) => history.of.get(uid) ?? [])
}

type Machine = Pick<NodeView, 'uid' | 'name' | 'providerId'>

/** UIDs of the node, of what its machine was called before, and of those whose repair it came from. */
function lineageOf({ uid, name, providerId }: Machine, { before, sameMachine }: History): ReadonlySet<string> {
  const keys = [`name ${name}`, ...(providerId === undefined ? [] : [`machine ${providerId}`])]
  const lineage = new Set([uid, ...keys.flatMap((key) => (sameMachine.get(key) ?? []).map((one) => one.nodeUid))])
  for (const member of lineage) {
    for (const one of before.get(member) ?? []) lineage.add(one.nodeUid)
  }
  return lineage
}
