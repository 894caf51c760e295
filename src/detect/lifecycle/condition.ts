/** Derives one condition from findings and watchers. Pure. */
import { type ConditionType, unknownText } from '../../model/condition.ts'
import { flagText, withoutFlag } from '../../model/drill.ts'
import { rfc3339Seconds } from '../../telemetry/rfc3339.ts'
import { cutText } from './cut-text.ts'
import { isSameSlot } from './incident.ts'
import { joinText } from './join-text.ts'
import type { Settings } from './settings.ts'
import type { ConditionState, Finding, Watcher } from './state.ts'

/** Longest condition message, bytes. */
export const longestMessage = 1024

export type Judgement = Omit<ConditionState, 'since'>

/** Judges condition `type` now; `previous` is the judgement before. */
export function judgeCondition(
  type: ConditionType,
  findings: Iterable<Finding>,
  watchers: Iterable<Watcher>,
  previous: Judgement,
  settings: Settings,
): Judgement {
  const own = [...findings].filter(({ leader, raisedAt }) => leader.condition === type && raisedAt !== undefined)
  const causes = own.filter((finding) => condemns(finding, settings))
  if (causes.length > 0) return unhealthy(causes, settings)
  const speaking = [...watchers].filter(({ conditions }) => conditions.includes(type))
  const lacks = speaking.flatMap(({ conditions, watch }) =>
    conditions[0] === type && 'lacks' in watch && watch.lacks !== undefined ? [watch.lacks] : [],
  )
  return withoutCause(speaking, previous, readyJudgement(type, own, lacks, settings))
}

/** Whether the finding makes its condition False now. */
export function condemns(finding: Finding, settings: Settings): boolean {
  return finding.raisedAt !== undefined && settings.severityOf(finding.leader, finding) === 'fatal'
}

/**
 * Judges a condition without a cause. True requires that every monitor of the condition has looked; Unknown names the
 * monitors that cannot look.
 */
function withoutCause(speaking: readonly Watcher[], previous: Judgement, ready: Judgement): Judgement {
  const unable = speaking.flatMap(({ name, watch }) => ('why' in watch ? [`${name}: ${cutText(watch.why, 256)}`] : []))
  if (unable.length > 0) return { status: 'Unknown', reason: 'CannotCheck', message: joinBounded(unable) }
  if (speaking.length > 0 && speaking.every(({ watch }) => watch.state === 'checked')) return ready
  // No monitor has looked and nothing is reported yet, so the stored judgement stays. If its cause has ended meanwhile,
  // the condition is True, as it would be without the restart.
  if (previous.status === 'False') return ready
  return previous.status === 'True' ? previous : { status: 'Unknown', ...unknownText }
}

/** A True judgement whose message says what cannot be seen here, and lists the reasons of active warnings. */
function readyJudgement(
  type: ConditionType,
  raised: readonly Finding[],
  lacks: readonly string[],
  settings: Settings,
): Judgement {
  const { reason, message: ready } = settings.readyTextOf(type)
  const message = [ready, ...lacks].join('; ')
  const warnings = raised.filter((finding) => settings.severityOf(finding.leader, finding) === 'warning')
  const names = [...new Set(warnings.map(({ leader }) => leader.reason))].sort()
  if (names.length === 0) return { status: 'True', reason, message }
  const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : ''
  return { status: 'True', reason, message: `${message}; warnings: ${names.slice(0, mostNamed).join(', ')}${more}` }
}

/** A True condition's message names at most this many warnings. */
const mostNamed = 8

/**
 * The newest cause gives the reason, so the text changes only with the causes. The message lists the other causes after
 * it. A drill never comes before a real fault, so that its flag stands only where nothing but drills condemns.
 */
function unhealthy(causes: readonly Finding[], settings: Settings): Judgement {
  const newestFirst = [...causes].sort(
    (a, b) =>
      drillRank(a) - drillRank(b) || (b.raisedAt ?? 0) - (a.raisedAt ?? 0) || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0),
  )
  const [first, ...others] = newestFirst
  if (!first) return { status: 'Unknown', ...unknownText }
  const repair = settings.repairOf(first.leader)
  const sameDevice = newestFirst.filter(({ leader }) => isSameSlot(leader.device, first.leader.device))
  const advice = settings.adviceOn(sameDevice.flatMap(({ leader, companions }) => [leader.reason, ...companions]))
  // A code's table says what to do in the message itself: a second remedy beside it contradicts it.
  const toldWhatToDo = advice !== undefined || typeof first.leader.code === 'number'
  const hint = repair === 'NoAction' || toldWhatToDo ? '' : ` (suggested repair: ${repair})`
  const parts = [
    `${joinText([describe(first), advice])}${hint}`,
    ...others.map((finding) => `${finding.leader.reason}: ${describe(finding)}`),
  ]
  const message = joinBounded(parts)
  const flagged = first.drill ? cutText(`${flagText(first.drill)}${message}`, longestMessage) : withoutFlag(message)
  return { status: 'False', reason: first.leader.reason, message: flagged }
}

/** Real faults first, then drills that enforce. */
function drillRank({ drill }: Finding): number {
  return drill === undefined ? 0 : drill.mode === 'Enforce' ? 1 : 2
}

/** Describes the finding in one sentence with its device, trust, age and acknowledgement. */
export function describe(finding: Finding): string {
  const { message, device } = finding.leader
  const where = device !== undefined && !message.toLowerCase().includes(device) ? ` on ${device}` : ''
  const age = finding.before ? ` (logged at ${rfc3339Seconds(finding.wallAt)}, before this agent first ran)` : ''
  const { acknowledged } = finding
  const note = acknowledged
    ? ` (acknowledged until ${rfc3339Seconds(acknowledged.until)}: ${cutText(acknowledged.why, 128)})`
    : ''
  return `${cutText(message, 256)}${where}${originText(finding)}${age}${note}`
}

/** Who wrote the line, where it was not the kernel. */
function originText({ trust, drill }: Finding): string {
  if (drill) return ` (injected by drill ${drill.id}, ${drill.mode})`
  return trust === 'userspace' ? ' (written from user space: an unannounced drill)' : ''
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
