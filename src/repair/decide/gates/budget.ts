/** Whether the policy's budget has room for one more repair. */
import { hasRoom, roomOf } from '../budget.ts'
import { allow, type Gate, refuse, wait } from '../gate.ts'

export const budget: Gate = {
  name: 'budget',
  ask({ candidate: { policy }, index, admitted }) {
    const room = roomOf(policy, index.scopeOf(policy), admitted)
    const flying = policy.mode === 'Observe' ? 'would be in flight' : 'in flight' // it counts those that it would begin
    const used = `${room.inFlight} of ${room.limit} repairs of policy ${policy.name} ${flying}`
    if (room.limit === 0) return refuse(used, `a budget above 0 in policy ${policy.name}`)
    if (room.blocked >= room.blockedLimit) {
      return wait(
        `${room.blocked} repairs are blocked in their drain, at most ${room.blockedLimit} may be`,
        'a blocked repair goes on or ends',
      )
    }
    return hasRoom(room) ? allow(used) : wait(used, 'a repair in flight ends')
  },
}
