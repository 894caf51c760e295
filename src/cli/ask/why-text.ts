/** The text of `nodemend why`: what is the case and when it changes, then what that rests on. */
import type { DeviceIdentity } from '../../model/node-health.ts'
import { joinShown, type Shown, shown, shownText } from '../../model/shown.ts'
import { leadership } from '../../repair/decide/gates/leadership.ts'
import { labelled, paragraph, table } from '../text/layout.ts'
import { agoText, clockText, told } from '../text/times.ts'
import { acknowledgedLines } from './acknowledged.ts'
import type { Explanation, RepairText } from './explanation.ts'
import type { NodeState } from './node-state.ts'

/** Most characters of a reason or a message here: this is the place to read it whole. */
const longest = 512
/** More than this that stands in the way is counted. */
const mostInTheWay = 3

interface Frame {
  readonly now: number
  readonly width: number
}

/** `now` is our clock, `width` the terminal's. */
export function whyText(data: Explanation, now: number, width: number): string {
  const frame = { now, width }
  const [latest, ...earlier] = data.repairs
  const parts = [
    `${headText(data, frame)}${nowText(data, frame)}`,
    acknowledgedText(data, frame),
    conditionsText(data, frame),
    findingsText(data, frame),
    data.decision ? decisionText(data.decision, data, frame) : '',
    latest ? repairText(latest, frame) : '',
    earlierText(earlier, frame),
  ]
  return parts.filter((part) => part !== '').join('\n')
}

const looks: Readonly<Record<NodeState, string>> = {
  healthy: 'healthy',
  sick: 'sick',
  unknown: 'in an unknown state: nobody can say that it is well',
  'no-agent': 'without an agent that reports: nobody looks for its faults',
}

/** The fact, then the node's state and who says so. */
function headText(data: Explanation, { now, width }: Frame): string {
  const { node, exists, state } = data
  if (!exists || state === null) {
    const doing = data.now?.doing ?? lastOutcome(data.repairs[0])
    return [told(doing, now, longest), shown`${node} is gone.`]
      .map((line) => (line === '' ? '' : paragraph(line, width)))
      .join('')
  }
  const warned = [...new Set(data.conditions.flatMap((one) => one.warnings))]
  const warnings = warned.length === 0 ? '' : `, with warnings: ${warned.join(', ')}`
  if (!data.now) {
    const why = 'no rule of a policy in force matches it, so nothing is done.'
    return paragraph(shown`${node} is ${looks[state]}${warnings === '' ? ':' : `${warnings};`} ${why}`, width)
  }
  const reported = data.conditions.flatMap((one) =>
    one.type !== 'Ready' && one.reported !== null ? [one.reported] : [],
  )
  const last = reported.sort((a, b) => Date.parse(b) - Date.parse(a))[0]
  const when = last === undefined ? '' : `; last reported ${agoText(last, now)}`
  return [told(data.now.doing, now, longest), shown`${node} is ${looks[state]}${warnings}${when}.`]
    .map((line) => paragraph(line, width))
    .join('')
}

/** How the last repair of a node that is gone has ended. */
function lastOutcome(repair: RepairText | undefined): string {
  const last = repair?.phases.at(-1)
  if (!repair || !last) return ''
  const words: Readonly<Record<string, string>> = { Succeeded: 'helped', Failed: 'failed', Cancelled: 'was cancelled' }
  return `Repair ${repair.name} ${words[repair.phase] ?? `is ${repair.phase}`}: ${last.why}.`
}

/** What it waits for, what else stands in the way, and what would change it. */
function nowText({ now: current, decision, leader }: Explanation, { now, width }: Frame): string {
  if (!current) return ''
  const ours = (lines: readonly string[]): readonly Shown[] => lines.map((line) => told(line, now, longest))
  const underway = decision === null || !saidFirst(current.doing)
  const others = underway || leader === null ? [] : decision.gates.filter((one) => one.answer !== 'allow').slice(1)
  const also = others.slice(0, mostInTheWay).map((one) => one.why)
  if (others.length > mostInTheWay) also.push(`and ${others.length - mostInTheWay} more, below`)
  return [
    labelled('Waits for:', underway ? ours(current.waitsFor) : [], labelWidth, width),
    labelled('Besides:', ours(also), labelWidth, width),
    labelled('Changes:', ours(current.changes), labelWidth, width),
  ].join('')
}

/** A decision says in its first sentence what it waits for; a repair says there what it does. */
function saidFirst(doing: string): boolean {
  return !doing.startsWith('Repair ')
}

const labelWidth = 'Waits for: '.length

function acknowledgedText({ acknowledged, node }: Explanation, { now, width }: Frame): string {
  const lines = acknowledgedLines(acknowledged, node, now)
  return lines.length === 0
    ? ''
    : `Acknowledged:\n${lines.map((line) => labelled('', line === '' ? [] : [line], 2, width)).join('')}`
}

function conditionsText({ conditions }: Explanation, { now, width }: Frame): string {
  if (conditions.length === 0) return ''
  const rows = conditions.map((one) => [
    shownText(one.type),
    shownText(one.status),
    agoText(one.since, now),
    saidBy(one, now),
  ])
  return table(['CONDITION', 'STATUS', 'SINCE', 'REASON AND MESSAGE'], rows, width)
}

/** The parts that findings are about: what a condition's message has no room for. */
function findingsText({ findings }: Explanation, { now, width }: Frame): string {
  const rows = (findings ?? []).map(({ severity, since, reason, device }) => [
    shownText(severity),
    agoText(since, now),
    shownText(reason),
    partText(device),
  ])
  return rows.length === 0 ? '' : table(['FINDING', 'SINCE', 'REASON', 'DEVICE'], rows, width)
}

function partText(device: DeviceIdentity | undefined): Shown {
  if (!device) return shownText('-')
  const { name, model, serial, uuid, mac } = device
  const unique = serial ?? uuid ?? mac
  return joinShown(
    [name, ...(model ? [model] : []), ...(unique ? [unique] : [])].map((one) => shownText(one)),
    ', ',
  )
}

/** Which device, and what the log says about it. That all is well is no news, warnings beside it are. */
function saidBy({ status, reason, message, warnings }: Explanation['conditions'][number], now: number): Shown {
  if (status !== 'True')
    return message === '' ? shownText(reason) : joinShown([shownText(reason), told(message, now, longest)], ': ')
  return warnings.length > 0 ? shown`warnings: ${warnings.join(', ')}` : shownText(reason)
}

function decisionText(
  decision: NonNullable<Explanation['decision']>,
  { leader }: Explanation,
  { now, width }: Frame,
): string {
  const { rule, gates } = decision
  const facts: (readonly [string, Shown])[] = []
  if (rule) {
    const { policy, generation, mode, condition, status, reason, action } = rule
    facts.push([
      'Rule:',
      shown`policy ${policy} (generation ${generation}, ${mode}): ${condition}=${status} (${reason}) -> ${action}`,
    ])
  }
  if (decision.eligibleAt !== null) {
    const over = Date.parse(decision.eligibleAt) <= now
    facts.push(['Tolerated:', told(`${over ? 'no longer, since' : 'until'} ${decision.eligibleAt}`, now)])
  }
  const unrecorded = `no, this is what ${leader === null ? 'a controller would say; none leads' : 'it would say now'}`
  facts.push(['Recorded:', told(decision.recorded ? decision.at : unrecorded, now)])
  if (decision.outdated !== null) {
    facts.push(['Outdated:', told(`${decision.outdated}; the record is about before that`, now, longest)])
  }
  const rows = gates.map((one) => {
    const why =
      one.gate === leadership.name && leader === null ? shown`no controller leads` : told(one.why, now, longest)
    const change = one.change === undefined ? [] : [joinShown([shown`changes:`, told(one.change, now, longest)], ' ')]
    return [shownText(one.gate), shownText(one.answer), [why, ...change]]
  })
  const head = facts.map(([label, text]) => labelled(label, [text], labelWidth, width)).join('')
  return `${head}\n${table(['GATE', 'ANSWER', 'WHY'], rows, width)}`
}

const factWidth = 'In the way:  '.length

function repairText(repair: RepairText, { now, width }: Frame): string {
  const rows = repair.phases.map((one) => [
    shownText(one.phase),
    shownText(clockText(Date.parse(one.at), now)),
    told(one.why, now, longest),
  ])
  const { drain, target } = repair
  const facts: readonly (readonly [string, string | null | undefined])[] = [
    ['Approved:', repair.approvedBy && `by ${repair.approvedBy}`],
    ['Evidence:', repair.evidence],
    [`${target?.verb ?? ''}:`, target?.object],
    ['Drain:', drain && drainText(drain, now)],
    ...(drain?.blockers ?? []).map((one) => ['In the way:', one] as const),
    ...(drain?.leftBehind ?? []).map((one) => ['Stays:', one] as const),
    ...(drain?.lost ?? []).map((one) => ['Lost:', `${one}: it has no controller, so nothing starts it again`] as const),
    ...(drain?.notes ?? []).map((one) => ['Pods:', one] as const),
    ['Proven on:', repair.successor],
    ['Proof:', repair.proof],
  ]
  const lines = facts.map(([label, text]) =>
    text ? labelled(label, [told(text, now, longest)], factWidth, width) : '',
  )
  const body = lines.join('')
  const title = paragraph(shown`Repair ${repair.name}${causeOf(repair)}`, width)
  return `${title}${table(['PHASE', 'AT', 'WHY'], rows, width)}${body === '' ? '' : `\n${body}`}`
}

function drainText({ evicted, remaining, deadline }: NonNullable<RepairText['drain']>, now: number): string {
  return `${evicted} evicted, ${remaining} to go, ${Date.parse(deadline) > now ? 'until' : 'its time is up since'} ${deadline}`
}

function causeOf({ cause }: RepairText): string {
  return cause === null ? '' : ` because of ${cause.condition}=${cause.status} (${cause.reason})`
}

function earlierText(earlier: readonly RepairText[], { now, width }: Frame): string {
  if (earlier.length === 0) return ''
  const rows = earlier.map((one) => {
    const last = one.phases.at(-1)
    const at = last === undefined ? shown`-` : agoText(last.at, now)
    const why = told(last?.why ?? '', now)
    return [shownText(one.name), shownText(one.phase), at, [why, ...(one.cause ? [shown`it was${causeOf(one)}`] : [])]]
  })
  return table(['EARLIER', 'PHASE', 'ENDED', 'WHY'], rows, width)
}
