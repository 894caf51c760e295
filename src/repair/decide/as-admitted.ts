/** Whether what was admitted still holds: asked again at each step until the provider has begun. */
import { conditionOf, type NodeView, selects } from '../../model/node.ts'
import type { Policy } from '../../model/policy.ts'
import type { Attempt, Plan } from '../../model/repair.ts'
import { fits } from './candidate.ts'

/**
 * Why the repair is no longer the one that was admitted; undefined while it is. `policy` is the one in force now; without it
 * the plan stands. A status that is not the plan's is no matter of this question.
 */
export function notAsAdmitted(
  attempt: Attempt,
  plan: Plan,
  node: NodeView,
  policy: Policy | undefined,
): string | undefined {
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
  return undefined
}
