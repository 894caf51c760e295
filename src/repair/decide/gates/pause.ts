/** Whether the policy or the whole controller is paused. */
import type { GateAnswer } from '../../../model/decision.ts'
import type { Pause } from '../../../model/node.ts'
import { allow, type Gate, refuse } from '../gate.ts'

export const pause: Gate = {
  name: 'pause',
  ask({ snapshot, candidate: { policy } }) {
    const paused = pauseOf(snapshot.pause)
    if (paused) return paused
    if (policy.paused)
      return refuse(`policy ${policy.name} is paused`, `set spec.paused of policy ${policy.name} to false`)
    return allow('neither the controller nor the policy is paused')
  },
  hold: (snapshot) => pauseOf(snapshot.pause)?.why,
}

/** Why the whole controller is paused, as the gate's answer. */
export function pauseOf(asked: Pause): GateAnswer | undefined {
  switch (asked.state) {
    case 'off':
      return undefined
    case 'on':
      return refuse(
        `the controller is paused: ${asked.why}`,
        'remove the annotation nodemend.dev/paused from its lease',
      )
    case 'unknown':
      return refuse(
        `unknown whether the controller is paused: ${asked.why}`,
        'the controller may read its own lease again',
      )
  }
}
