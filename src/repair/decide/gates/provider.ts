/** Whether a provider can carry out on this node what its rung asks for. */
import { isOnNode } from '../../../model/action.ts'
import type { GateAnswer } from '../../../model/decision.ts'
import type { NodeView } from '../../../model/node.ts'
import type { Policy } from '../../../model/policy.ts'
import { providerFor } from '../candidate.ts'
import { allow, type Gate, refuse } from '../gate.ts'
import { unfitFor } from '../rungs.ts'

/** Flag of `nodemend controller` with the image of the pods that act on nodes. */
export const onNodeFlag = '--on-node-image'

export const provider: Gate = {
  name: 'provider',
  ask({ candidate, snapshot }) {
    const { node, policy, standing } = candidate
    const { action } = standing
    if (action === 'NoAction') return allow('nothing is asked of a provider')
    const unfit = unfitFor(action, node, candidate.condition.reason, snapshot)
    if (unfit) return refuse(unfit.why, unfit.change)
    if (snapshot.ownActions.includes(action)) return allow(`${action} needs no provider`)
    if (isOnNode(action)) {
      return refuse(
        `this controller carries out nothing on nodes: it was started without ${onNodeFlag}`,
        `start the controller with ${onNodeFlag} (controller.onNode.enabled in the chart), or a ladder without ${action} in policy ${policy.name}`,
      )
    }
    const found = providerFor(node, policy, action)
    if (found) return allow(`${found} can ${action} it`)
    return noneFor(node, policy, action, snapshot.providers)
  },
}

function noneFor(
  node: NodeView,
  { name, provider: named }: Policy,
  action: string,
  run: readonly string[],
): GateAnswer {
  const ladder = `a ladder without ${action} in policy ${name}`
  if (named === 'auto') {
    if (node.pools.length === 0) {
      return refuse(`${running(run)}, and none of them knows this node`, 'the node joins a pool of one of them')
    }
    const known = node.pools.map((one) => one.provider).join(' and ')
    return refuse(`${known} has no action ${action} for this node`, ladder)
  }
  if (!run.includes(named)) {
    const change = `start the controller with ${named} in --providers, or change spec.provider of policy ${name}`
    return refuse(`policy ${name} names provider ${named}, but ${running(run)}`, change)
  }
  return node.pools.some((one) => one.provider === named)
    ? refuse(`provider ${named} has no action ${action} for this node`, ladder)
    : refuse(`provider ${named} does not know this node`, `set spec.provider of policy ${name} to auto`)
}

/** Which providers the controller runs, in words. */
export function running(providers: readonly string[]): string {
  return `this controller runs ${providers.length > 0 ? providers.join(' and ') : 'no provider'}`
}
