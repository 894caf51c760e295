/** Did somebody ask for quiet? */
import { allow, type Gate, refuse } from '../gate.ts'

export const pause: Gate = {
  name: 'pause',
  ask({ snapshot, candidate: { policy } }) {
    if (snapshot.paused !== undefined) {
      return refuse(
        `the controller is paused: ${snapshot.paused}`,
        'remove the annotation nodemend.dev/paused from its lease',
      )
    }
    if (policy.paused)
      return refuse(`policy ${policy.name} is paused`, `set spec.paused of policy ${policy.name} to false`)
    return allow('nobody paused it')
  },
}
