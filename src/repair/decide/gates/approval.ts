/** Whether a person approved it, where the policy asks for that. Before the limits: what is not approved takes no room. */
import { allow, type Gate, wait } from '../gate.ts'

export const approval: Gate = {
  name: 'approval',
  ask({ candidate: { policy, record } }) {
    if (policy.mode !== 'Approve') return allow(`mode ${policy.mode} asks nobody`)
    if (record?.approvedBy) return allow(`approved by ${record.approvedBy}`)
    const name = record?.name ?? 'NAME'
    return wait(
      `policy ${policy.name} asks for approval`,
      `kubectl annotate noderepair ${name} nodemend.dev/approved=YOU`,
    )
  },
}
