/** What other policies would change for each node. Pure. */
import type { Decision } from '../../model/decision.ts'
import type { ClusterSnapshot } from '../../model/node.ts'
import type { Policy } from '../../model/policy.ts'
import type { Attempt } from '../../model/repair.ts'
import { decide } from '../../repair/decide/decide.ts'

/** What is decided about a node. */
export interface Verdict {
  /** Null where no rule matches. */
  readonly policy: string | null
  readonly action: string | null
  readonly outcome: Decision['outcome'] | 'no-rule'
  /** The gate that decides, its answer in words, and when it ends by itself (RFC 3339). */
  readonly gate: string | null
  readonly why: string | null
  readonly until: string | null
}

export interface NodeChange {
  readonly node: string
  readonly now: Verdict
  /** With the policies applied. */
  readonly applied: Verdict
}

export interface PolicyDiff {
  /** Sick nodes that either set has a rule for, and nodes in all. */
  readonly matched: number
  readonly nodes: number
  readonly changes: readonly NodeChange[]
}

/** Asks both sets about the same moment. Waits that differ in their end alone are changes, too. */
export function policyDiff(
  snapshot: ClusterSnapshot,
  repairs: readonly Attempt[],
  { before, after }: { readonly before: readonly Policy[]; readonly after: readonly Policy[] },
  now: number,
): PolicyDiff {
  const byNode = (policies: readonly Policy[]): ReadonlyMap<string, Decision> =>
    new Map(
      decide(snapshot, policies, repairs, now)
        .filter((one) => one.outcome !== 'cleared')
        .map((one) => [one.node, one]),
    )
  const old = byNode(before)
  const next = byNode(after)
  const matched = [...new Set([...old.keys(), ...next.keys()])].sort()
  const changes = matched
    .map((node) => ({ node, now: verdictOf(old.get(node)), applied: verdictOf(next.get(node)) }))
    .filter((one) => JSON.stringify(one.now) !== JSON.stringify(one.applied))
  return { matched: matched.length, nodes: snapshot.nodes.length, changes }
}

function verdictOf(decision: Decision | undefined): Verdict {
  if (!decision) return { policy: null, action: null, outcome: 'no-rule', gate: null, why: null, until: null }
  const { rule, outcome, decidedBy = null, gates, until } = decision
  return {
    policy: rule?.policy ?? null,
    action: rule?.action ?? null,
    outcome,
    gate: decidedBy,
    why: gates.find((one) => one.gate === decidedBy)?.why ?? null,
    until: until === undefined ? null : new Date(until).toISOString(),
  }
}
