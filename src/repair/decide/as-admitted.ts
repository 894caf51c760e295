/** Whether what was admitted still holds: asked again at each step until the provider has begun. */
import { forbids } from '../../model/action.ts'
import { conditionOf, type NodeView, selects } from '../../model/node.ts'
import type { Policy } from '../../model/policy.ts'
import type { Attempt, Plan } from '../../model/repair.ts'
import { fits, policyThatCounts } from './candidate.ts'

/**
 * Why the repair is no longer the one that was admitted; undefined while it is. `policies` are those in force now; undefined
 * while none were ever good, and then the plan stands. A status that is not the plan's is no matter of this question.
 */
export function notAsAdmitted(
  attempt: Attempt,
  plan: Plan,
  node: NodeView,
  policies: readonly Policy[] | undefined,
): string | undefined {
  const policy = policies?.find((one) => one.name === plan.policy)
  if (policies && !policy) return `policy ${plan.policy} is gone`
  const back = policy && takenBack(attempt, plan, policy)
  if (back !== undefined) return `policy ${plan.policy} ${back}`
  if (policy && !selects(policy.nodeSelector, node.labels)) return `policy ${policy.name} no longer selects the node`
  const condition = conditionOf(node, plan.condition)
  if (condition?.status !== plan.status) return undefined
  const { reason } = condition
  if (attempt.decision?.rule?.mode === 'Approve' && attempt.approvedBy !== undefined && reason !== plan.reason) {
    return `it was approved for ${plan.condition} (${plan.reason}), and the node says ${plan.condition} (${reason}) now`
  }
  if (policy && !policy.match.some((match) => fits(match, condition))) {
    return `policy ${policy.name} no longer matches ${plan.condition}=${plan.status} (${reason})`
  }
  const other = policies && policyThatCounts(node, policies, plan.condition)
  if (other && other.name !== plan.policy && (other.mode === 'Observe' || forbids(other.ladder))) {
    const says = forbids(other.ladder) ? 'says NoAction' : 'only observes'
    return `policy ${other.name} counts for ${plan.condition} now, and ${says}`
  }
  return undefined
}

/** What its policy no longer lets it do, in words that follow the policy's name. */
function takenBack({ approvedBy }: Attempt, { action }: Plan, { mode, ladder }: Policy): string | undefined {
  if (mode === 'Observe') return 'only observes now'
  if (mode === 'Approve' && approvedBy === undefined) return 'asks for approval now'
  return ladder.some((rung) => rung.action === action) ? undefined : `no longer asks for ${action}`
}
