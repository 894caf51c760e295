/** How many repairs a policy may have in flight; asked by the budget gate and before a blocked repair goes on. */
import { selects } from '../../model/node.ts'
import { type Policy, type Quantity, resolveQuantity } from '../../model/policy.ts'
import type { PolicyScope } from './cluster-index.ts'
import type { Admitted } from './gate.ts'

/** Applies where a policy has no budget for repairs: Karpenter's default. */
const defaultBudget: Quantity = { value: 10, percent: true }
/**
 * Nothing new starts while this many repairs are blocked, or this share of the nodes (rounded up) if that is less. The
 * share only matters in a pair: a limit of one lends nothing, because the first blocked repair already reaches it, and
 * with a tenth of the nodes one stuck drain held up every pool of ten or fewer.
 */
const blockedLimit = 2
const blockedShare: Quantity = { value: 50, percent: true }

export interface Room {
  readonly limit: number
  readonly inFlight: number
  readonly blocked: number
  readonly blockedLimit: number
}

/** The room `policy` has left, with what was admitted earlier in the pass counted in. */
export function roomOf(policy: Policy, scope: PolicyScope, admitted: readonly Admitted[]): Room {
  const limits = policy.budgets.filter((one) => one.reasons === undefined || one.reasons.includes('Unhealthy'))
  const quantities = limits.length > 0 ? limits.map((one) => one.nodes) : [defaultBudget]
  return {
    limit: Math.min(...quantities.map((one) => resolveQuantity(one, scope.nodes))),
    inFlight: scope.inFlight + takenBy(policy, admitted),
    blocked: scope.blocked,
    blockedLimit: Math.min(blockedLimit, Math.max(1, resolveQuantity(blockedShare, scope.nodes))),
  }
}

/** True when one more repair fits. */
export function hasRoom(room: Room): boolean {
  return room.inFlight < room.limit
}

function takenBy(policy: Policy, admitted: readonly Admitted[]): number {
  return admitted.filter(({ candidate, acting }) => {
    if (candidate.policy.name === policy.name) return true
    return acting && selects(policy.nodeSelector, candidate.node.labels)
  }).length
}
