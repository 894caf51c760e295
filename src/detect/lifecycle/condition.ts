/** Findings → one condition. Pure. */
import { type ConditionType, unknownText } from '../../model/condition.ts'
import { cutText } from './cut-text.ts'
import { joinText } from './join-text.ts'
import type { Settings } from './settings.ts'
import type { ConditionState, Finding, Watch } from './state.ts'

/** Longest message of a condition, bytes. */
export const longestMessage = 1024

/** What `type` is now. `wallNow` becomes the transition time, if the status moved. */
export function judgeCondition(
  type: ConditionType,
  findings: Iterable<Finding>,
  watch: Watch,
  previous: ConditionState,
  settings: Settings,
  wallNow: number,
): ConditionState {
  const causes = [...findings].filter((finding) => finding.leader.condition === type && condemns(finding, settings))
  const next = causes.length > 0 ? unhealthy(causes, settings) : withoutCause(type, watch, previous, settings)
  return { ...next, since: next.status === previous.status ? previous.since : Math.max(previous.since, wallNow) }
}

/** Whether the finding, as it stands, makes its condition False. */
export function condemns(finding: Finding, settings: Settings): boolean {
  return finding.raisedAt !== undefined && settings.severityOf(finding.leader, finding.origin) === 'fatal'
}

type Judgement = Omit<ConditionState, 'since'>

function withoutCause(type: ConditionType, watch: Watch, previous: ConditionState, settings: Settings): Judgement {
  switch (watch.state) {
    case 'checked':
      return { status: 'True', ...settings.readyTextOf(type) }
    case 'blind':
      return { status: 'Unknown', reason: 'CannotCheck', message: watch.why }
    case 'pending':
      // This process has checked nothing yet and reports nothing yet, so what an earlier one knew stands; a cause that
      // ended by the log or by time leaves what it would have left there.
      return previous.status === 'False' ? { status: 'True', ...settings.readyTextOf(type) } : previous
  }
}

/** The newest cause gives the reason, so the text changes only when the causes do; the others are named behind it. */
function unhealthy(causes: readonly Finding[], settings: Settings): Judgement {
  const newestFirst = [...causes].sort(
    (a, b) => (b.raisedAt ?? 0) - (a.raisedAt ?? 0) || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0),
  )
  const [first, ...others] = newestFirst
  if (!first) return { status: 'Unknown', ...unknownText }
  const repair = settings.repairOf(first.leader)
  const hint = repair === 'none' ? '' : ` (suggested repair: ${repair})`
  const advice = settings.adviceOn([first.leader.reason, ...first.companions])
  const parts = [
    `${joinText([describe(first), advice])}${hint}`,
    ...others.map((finding) => `${finding.leader.reason}: ${describe(finding)}`),
  ]
  return { status: 'False', reason: first.leader.reason, message: joinBounded(parts) }
}

/** The finding in one sentence for people, its device and its origin included. */
export function describe(finding: Finding): string {
  const { message, device } = finding.leader
  const where = device !== undefined && !message.toLowerCase().includes(device) ? ` on ${device}` : ''
  const forged = finding.origin === 'userspace' ? ' (written from user space)' : ''
  return `${cutText(message, 256)}${where}${forged}`
}

function joinBounded(parts: readonly string[]): string {
  let text = ''
  for (const [index, part] of parts.entries()) {
    const longer = joinText([text, part])
    const left = parts.length - index - 1
    const room = longestMessage - (left > 0 ? 20 : 0)
    if (Buffer.byteLength(longer) > room) {
      return cutText(joinText([text, `and ${parts.length - index} more`]), longestMessage)
    }
    text = longer
  }
  return text
}
