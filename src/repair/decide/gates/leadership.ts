/** Whether this controller holds the leader lease. */
import { allow, type Gate, refuse } from '../gate.ts'

export const leadership: Gate = {
  name: 'leadership',
  ask({ snapshot: { leadership: ours }, now }) {
    if (!ours.leading || ours.until <= now) {
      return refuse(`${ours.identity} does not hold the leader lease`, 'this controller becomes the leader')
    }
    return allow(`${ours.identity} leads`)
  },
}
