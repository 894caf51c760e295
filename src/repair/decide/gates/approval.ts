/** Whether a person approved it, where the policy asks for that. Before the limits: what is not approved takes no room. */
import type { Rule } from '../../../model/decision.ts'
import type { Candidate } from '../candidate.ts'
import { allow, type Gate, wait } from '../gate.ts'

export const approval: Gate = {
  name: 'approval',
  ask({ candidate }) {
    const { policy, record, standing, condition } = candidate
    if (policy.mode !== 'Approve') return allow(`mode ${policy.mode} needs no approval`)
    const name = record?.name ?? 'NAME'
    if (!record?.approvedBy) {
      return wait(
        `policy ${policy.name} asks for approval`,
        `kubectl annotate noderepair ${name} nodemend.dev/approved=YOU`,
      )
    }
    const shown = record.approvedFor ?? record.decision?.rule
    if (!shown || isAbout(shown, candidate)) return allow(`approved by ${record.approvedBy}`)
    return wait(
      `${record.approvedBy} approved ${ruleText(shown)}, and now it is ${ruleText({ ...condition, condition: condition.type, action: standing.action })}`,
      `kubectl annotate noderepair ${name} nodemend.dev/approved- takes the approval back; then approve it anew`,
    )
  },
}

/** True when the person saw the same fault and the same action. */
function isAbout({ condition, reason, action }: Rule, { condition: now, standing }: Candidate): boolean {
  return condition === now.type && reason === now.reason && action === standing.action
}

function ruleText({ action, condition, reason }: Pick<Rule, 'action' | 'condition' | 'reason'>): string {
  return `${action} for ${condition} (${reason})`
}
