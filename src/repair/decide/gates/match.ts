/** Which rule matched, and does it ask for anything? */
import { allow, type Gate, refuse } from '../gate.ts'

export const match: Gate = {
  name: 'match',
  ask({ candidate: { policy, condition } }) {
    const rule = `policy ${policy.name} matches ${condition.type}=${condition.status} (${condition.reason})`
    if (policy.action === 'NoAction')
      return refuse(`${rule} and says NoAction`, `another action in policy ${policy.name}`)
    return allow(`${rule}, action ${policy.action}`)
  },
}
