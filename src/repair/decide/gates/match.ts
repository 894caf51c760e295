/** Which rule matched, and whether it asks for an action. */
import { forbids } from '../../../model/action.ts'
import { allow, type Gate, refuse } from '../gate.ts'

export const matching: Gate = {
  name: 'match',
  ask({ candidate: { policy, standing, condition } }) {
    const rule = `policy ${policy.name} matches ${condition.type}=${condition.status} (${condition.reason})`
    if (forbids(policy.ladder)) return refuse(`${rule} and says NoAction`, `another ladder in policy ${policy.name}`)
    return allow(`${rule}, action ${standing.action}`)
  },
}
