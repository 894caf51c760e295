/** The text of `nodemend why`. */

import { tableText } from '../output.ts'
import type { Explanation, RepairText } from './explanation.ts'
import type { NodeState } from './node-state.ts'

export function whyText(data: Explanation): string {
  const [latest, ...earlier] = data.repairs
  const parts = [`${headline(data)}\n${nowText(data)}`]
  if (data.conditions.length > 0) {
    const rows = data.conditions.map((one) => [one.type, one.status, one.reason, one.since, messageOf(one)])
    parts.push(tableText(['CONDITION', 'STATUS', 'REASON', 'SINCE', 'MESSAGE'], rows))
  }
  if (data.decision) parts.push(decisionText(data.decision, data))
  if (latest) parts.push(repairText(latest))
  if (earlier.length > 0) {
    const rows = earlier.map((one) => [one.name, one.phase, one.phases.at(-1)?.at ?? '', one.phases.at(-1)?.why ?? ''])
    parts.push(tableText(['EARLIER', 'PHASE', 'AT', 'WHY'], rows))
  }
  return parts.join('\n')
}

/** Which device, and what the log says about it. That all is well is no news. */
function messageOf({ status, message }: Explanation['conditions'][number]): string {
  return status === 'True' ? '' : message
}

const looks: Readonly<Record<NodeState, string>> = {
  healthy: 'healthy',
  sick: 'sick',
  unknown: 'in an unknown state: nobody can say that it is well',
  'no-agent': 'without an agent that reports: nobody looks for its faults',
}

function headline({ node, exists, state, now }: Explanation): string {
  const doing = now ? ` ${now.doing}` : ''
  if (!exists || state === null) return `${node} is gone.${doing}`
  if (!now) return `${node} is ${looks[state]}: no rule of a policy in force matches it, so nothing is done.`
  return `${node} is ${looks[state]}.${doing}`
}

/** What it waits for, or why it is so, and what would change it. */
function nowText({ now, decision }: Explanation): string {
  const label = waitLabel(decision)
  const width = Math.max(labelWidth, label.length + 1)
  return [...labelled(label, now?.waitsFor ?? [], width), ...labelled('Changes:', now?.changes ?? [], width)].join('')
}

/** Where a policy only observes, nothing waits: there is nothing that would go on. */
function waitLabel(decision: Explanation['decision']): string {
  if (decision !== null && ['refuse', 'would-act', 'no-action'].includes(decision.outcome)) return 'Because:'
  return decision?.outcome === 'wait' && decision.rule?.mode === 'Observe' ? 'Would wait for:' : 'Waits for:'
}

/** The label stands before the first line, the others are indented as far. */
function labelled(label: string, lines: readonly string[], width: number): readonly string[] {
  return lines.map((line, index) => `${(index === 0 ? label : '').padEnd(width)}${line}\n`)
}

const labelWidth = 'Waits for: '.length

function decisionText(decision: NonNullable<Explanation['decision']>, { leader }: Explanation): string {
  const { rule, gates } = decision
  const lines: string[] = []
  if (rule) {
    lines.push(
      `Rule:      policy ${rule.policy} (generation ${rule.generation}, ${rule.mode}): ${rule.condition}=${rule.status} (${rule.reason}) -> ${rule.action}`,
    )
  }
  if (decision.eligibleAt !== null) lines.push(`Tolerated: until ${decision.eligibleAt}`)
  if (decision.recorded) lines.push(`Recorded:  ${decision.at}`)
  if (decision.outdated !== null) lines.push(`Outdated:  ${decision.outdated}; the record is about before that`)
  if (!decision.recorded)
    lines.push(
      `Recorded:  no, this is what ${leader === null ? 'a controller would say; none leads' : 'it would say now'}`,
    )
  const table = tableText(
    ['GATE', 'ANSWER', 'WHY', 'WHAT WOULD CHANGE IT'],
    gates.map((one) => [one.gate, one.answer, one.why, one.change ?? '']),
  )
  return `${lines.join('\n')}\n\n${table}`
}

const factWidth = 'In the way:  '.length

function repairText(repair: RepairText): string {
  const rows = repair.phases.map((one) => [one.phase, one.at, one.why])
  const facts = [
    repair.approvedBy && `Approved:    by ${repair.approvedBy}`,
    repair.target && `${`${repair.target.verb}:`.padEnd(factWidth)}${repair.target.object}`,
    repair.drain &&
      `Drain:       ${repair.drain.evicted} evicted, ${repair.drain.remaining} to go, until ${repair.drain.deadline}`,
    ...(repair.drain?.blockers ?? []).map((one) => `In the way:  ${one}`),
    ...(repair.drain?.leftBehind ?? []).map((one) => `Stays:       ${one}`),
    ...(repair.drain?.lost ?? []).map((one) => `Lost:        ${one}: it has no controller, so nothing starts it again`),
    repair.successor && `Proven on:   ${repair.successor}`,
    repair.proof && `Proof:       ${repair.proof}`,
  ].filter((one): one is string => typeof one === 'string' && one !== '')
  const body = facts.length > 0 ? `\n${facts.join('\n')}\n` : ''
  return `Repair ${repair.name}\n${tableText(['PHASE', 'AT', 'WHY'], rows)}${body}`
}
