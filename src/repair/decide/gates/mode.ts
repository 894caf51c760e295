/** Whether the policy acts: Observe only records. */
import { allow, type Gate, refuse } from '../gate.ts'

export const mode: Gate = {
  name: 'mode',
  ask({ candidate: { policy } }) {
    if (policy.mode !== 'Observe') return allow(`mode ${policy.mode}`)
    return refuse(`policy ${policy.name} only observes`, `set spec.mode of policy ${policy.name} to Approve or Enforce`)
  },
}
