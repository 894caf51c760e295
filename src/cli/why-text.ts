/** The text of `nodemend why`. */
import { tableText } from './output.ts'
import type { Explanation, RepairText } from './why.ts'

export function whyText(data: Explanation): string {
  const [latest, ...earlier] = data.repairs
  const parts = [headline(data)]
  if (data.conditions.length > 0) {
    const rows = data.conditions.map((one) => [one.type, one.status, one.reason, one.since])
    parts.push(tableText(['CONDITION', 'STATUS', 'REASON', 'SINCE'], rows))
  }
  if (data.decision) parts.push(decisionText(data.decision, data))
  if (latest) parts.push(repairText(latest))
  if (earlier.length > 0) {
    const rows = earlier.map((one) => [one.name, one.phase, one.phases.at(-1)?.at ?? '', one.phases.at(-1)?.why ?? ''])
    parts.push(tableText(['EARLIER', 'PHASE', 'AT', 'WHY'], rows))
  }
  return parts.join('\n')
}

function headline(data: Explanation): string {
  const { node, decision } = data
  if (!data.exists) return `${node} is gone.\n`
  const state = data.state === 'unknown' ? 'in an unknown state: nobody can say that it is well' : data.state
  if (decision === null) return `${node} is ${state}: no rule of a policy in force matches it, so nothing is done.\n`
  return `${node} is ${state}. ${outcomeText(decision)}\n`
}

function outcomeText(decision: NonNullable<Explanation['decision']>): string {
  const { outcome, rule } = decision
  const action = rule?.action ?? ''
  switch (outcome) {
    case 'act':
      return `Every gate allows it: ${action}.`
    case 'would-act':
      return `Policy ${rule?.policy ?? ''} only observes; it would ${action} the node now.`
    case 'wait':
      return `${action} waits for ${decision.decidedBy ?? ''}.`
    case 'refuse':
      return `${action} is refused by ${decision.decidedBy ?? ''}.`
    case 'no-action':
      return `Policy ${rule?.policy ?? ''} says that nothing is done.`
    case 'cleared':
      return 'No rule matches any more.'
  }
}

function decisionText(decision: NonNullable<Explanation['decision']>, { leader }: Explanation): string {
  const { rule, gates } = decision
  const decider = gates.find((one) => one.gate === decision.decidedBy)
  const lines: string[] = []
  if (rule) {
    lines.push(
      `Rule:      policy ${rule.policy} (generation ${rule.generation}, ${rule.mode}): ${rule.condition}=${rule.status} (${rule.reason}) -> ${rule.action}`,
    )
  }
  if (decision.eligibleAt !== null) lines.push(`Tolerated: until ${decision.eligibleAt}`)
  if (decider) lines.push(`Because:   ${decider.why}`)
  if (decider?.change) lines.push(`Changes:   ${decider.change}`)
  if (decision.recorded) lines.push(`Recorded:  ${decision.at}`)
  else
    lines.push(
      `Recorded:  no, this is what ${leader === null ? 'a controller would say; none leads' : 'it would say now'}`,
    )
  const table = tableText(
    ['GATE', 'ANSWER', 'WHY'],
    gates.map((one) => [one.gate, one.answer, one.why]),
  )
  return `${lines.join('\n')}\n\n${table}`
}

function repairText(repair: RepairText): string {
  const rows = repair.phases.map((one) => [one.phase, one.at, one.why])
  const facts = [
    repair.approvedBy && `Approved:    by ${repair.approvedBy}`,
    repair.target && `Deletes:     ${repair.target}`,
    repair.drain &&
      `Drain:       ${repair.drain.evicted} evicted, ${repair.drain.remaining} to go, until ${repair.drain.deadline}`,
    ...(repair.drain?.blockers ?? []).map((one) => `In the way:  ${one}`),
    ...(repair.drain?.leftBehind ?? []).map((one) => `Stays:       ${one}`),
    repair.replacement && `Replacement: ${repair.replacement}`,
    repair.proof && `Proof:       ${repair.proof}`,
  ].filter((one): one is string => typeof one === 'string' && one !== '')
  const body = facts.length > 0 ? `\n${facts.join('\n')}\n` : ''
  return `Repair ${repair.name}\n${tableText(['PHASE', 'AT', 'WHY'], rows)}${body}`
}
