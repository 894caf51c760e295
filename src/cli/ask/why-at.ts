/**
 * `nodemend why NODE --at TIME`: what the stored records and Events say about a node at a moment that has passed, and what
 * they do not keep.
 */
import { parseDuration } from '../../catalog/duration.ts'
import { type Api, events, type KubeObject } from '../../kube/api.ts'
import { isKubeError } from '../../kube/errors.ts'
import { listObjects } from '../../kube/objects.ts'
import type { Attempt } from '../../model/repair.ts'
import { type Shown, shown, shownText } from '../../model/shown.ts'
import { labelled, paragraph, table } from '../text/layout.ts'
import { clockText, timeText, told } from '../text/times.ts'

/** Events up to this long before the moment are told: API servers keep them for an hour unless told otherwise. */
const eventsMs = 3_600_000
const timeoutMs = 5_000
const limit = 100
const labelWidth = 'Not kept: '.length
const longest = 512

/** What is known of the moment. Times are RFC 3339. */
export interface Past {
  readonly node: string
  readonly at: string
  /** The repair that was open then, and where it stood; null where none was. */
  readonly repair: {
    readonly name: string
    readonly phase: string
    readonly since: string
    readonly why: string
    readonly policy: string | null
    readonly action: string | null
  } | null
  /** The decision that stood then; null where it is not kept. */
  readonly decision: {
    readonly at: string
    readonly outcome: string
    readonly gate: string | null
    readonly why: string | null
    readonly change: string | null
  } | null
  /** Of the hour before, the oldest first; null where Events may not be read. */
  readonly events: readonly { readonly at: string; readonly reason: string; readonly message: string }[] | null
  /** What nobody can tell any more, and why. */
  readonly notKept: readonly string[]
}

/** A moment as a person writes it: RFC 3339, or how long ago (`90m`). Undefined for another text, and for what is to come. */
export function momentOf(text: string, now: number): number | undefined {
  const ago = parseDuration(text)
  const ms = ago === undefined ? (/^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN) : now - ago
  return ms <= now ? ms : undefined
}

interface EventObject extends KubeObject {
  readonly involvedObject?: { readonly kind?: string; readonly name?: string }
  readonly reason?: string
  readonly message?: string
  readonly firstTimestamp?: string | null
  readonly lastTimestamp?: string | null
  readonly eventTime?: string | null
}

/** An Event about the node; `first` and `last` are when it was told, in milliseconds. */
export interface ToldEvent {
  readonly first: number
  readonly last: number
  readonly reason: string
  readonly message: string
}

/** The Events about a node; undefined where they may not be read. */
export async function eventsAbout(api: Api, node: string): Promise<readonly ToldEvent[] | undefined> {
  try {
    const fieldSelector = `involvedObject.kind=Node,involvedObject.name=${node}`
    const { items } = await listObjects<EventObject>(api, events, { fieldSelector, limit, timeoutMs })
    return items.flatMap(({ metadata, reason = '', message = '', firstTimestamp, lastTimestamp, eventTime }) => {
      const last = Date.parse(lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? '')
      const first = Date.parse(firstTimestamp ?? eventTime ?? metadata.creationTimestamp ?? '')
      return Number.isNaN(last) ? [] : [{ first: Number.isNaN(first) ? last : first, last, reason, message }]
    })
  } catch (error) {
    if (isKubeError(error, 'NM_KUBE_FORBIDDEN')) return undefined
    throw error
  }
}

/** What `repairs` and `told` say about `node` at `at`. Pure. */
export function pastOf(
  node: string,
  at: number,
  repairs: readonly Attempt[],
  told: readonly ToldEvent[] | undefined,
): Past {
  const mine = repairs.filter((one) => one.nodeName === node).sort((a, b) => a.createdAt - b.createdAt)
  const stood = mine.flatMap((one) => standingAt(one, at)).at(-1)
  const decision = stood && decisionAt(stood.attempt, at)
  const earlier = told?.filter(({ last, first }) => first <= at && last > at - eventsMs)
  return {
    node,
    at: time(at),
    repair: stood ? repairText(stood) : null,
    decision: decision ?? null,
    events: earlier
      ? earlier
          .map(({ first, last, reason, message }) => ({ at: time(last <= at ? last : first), reason, message }))
          .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
      : null,
    notKept: notKept(mine, stood, decision, told),
  }
}

interface Stood {
  readonly attempt: Attempt
  readonly entry: Attempt['phases'][number]
}

/** Where a repair stood, unless it was not there yet, or had ended. */
function standingAt(attempt: Attempt, at: number): readonly Stood[] {
  const entry = attempt.phases.findLast((one) => one.at <= at)
  if (!entry) return []
  const ended = ['Succeeded', 'Failed', 'Cancelled'].includes(entry.phase) && entry.at < at
  return ended ? [] : [{ attempt, entry }]
}

function repairText({ attempt, entry }: Stood): Past['repair'] {
  const about = attempt.plan ?? attempt.decision?.rule
  return {
    name: attempt.name,
    phase: entry.phase,
    since: time(entry.at),
    why: entry.why,
    policy: about?.policy ?? null,
    action: about?.action ?? null,
  }
}

/** The one on record, when it was made before the moment: a record holds the last one alone. */
function decisionAt({ decision }: Attempt, at: number): Past['decision'] | undefined {
  if (!decision || decision.at > at) return undefined
  const { outcome, decidedBy = null, gates } = decision
  const decider = gates.find((one) => one.gate === decidedBy)
  return {
    at: time(decision.at),
    outcome,
    gate: decidedBy,
    why: decider?.why ?? null,
    change: decider?.change ?? null,
  }
}

function notKept(
  mine: readonly Attempt[],
  stood: Stood | undefined,
  decision: Past['decision'] | undefined,
  told: readonly ToldEvent[] | undefined,
): readonly string[] {
  const later = stood?.attempt.decision?.at
  return [
    ...(stood && !decision && later !== undefined
      ? [`the decision of then: a record holds the last one alone, which was made at ${time(later)}`]
      : []),
    ...(stood ? [] : [recordsText(mine)]),
    ...(told === undefined ? ['Events: they may not be read (verb list on resource events)'] : []),
    ...(told?.length === 0
      ? ['Events: the API server has none about the node; it keeps them for an hour unless told otherwise']
      : []),
    'conditions and policies as they were then: the API server holds them as they are now',
  ]
}

function recordsText(mine: readonly Attempt[]): string {
  const rule = 'records that have ended are kept for seven days, and the last three of a node'
  const [first] = mine
  if (!first) return `any repair: no NodeRepair of the node is there; ${rule}`
  return `a repair that was open then: the oldest record of the node is ${first.name} of ${time(first.createdAt)}; ${rule}`
}

/** The text, for a terminal of `width`. */
export function pastText(
  { node, at, repair, decision, events: said, notKept: lost }: Past,
  now: number,
  width: number,
): string {
  const moment = timeText(Date.parse(at), now)
  const what = repair
    ? shown`${node} at ${moment}: repair ${repair.name} was ${repair.phase} since ${clockText(Date.parse(repair.since), now)}.`
    : shown`${node} at ${moment}: no repair of it that is on record was open.`
  const line = (label: string, texts: readonly Shown[]): string => labelled(label, texts, labelWidth, width)
  const rule = repair?.policy ? [shown`${repair.action ?? ''} by policy ${repair.policy}`] : []
  const because = decision?.gate ? ` (${decision.gate}: ${decision.why ?? ''})` : ''
  const decided = decision ? [told(`${decision.outcome}${because}, on record since ${decision.at}`, now, longest)] : []
  const rows = (said ?? []).map((one) => [
    shownText(clockText(Date.parse(one.at), now)),
    shownText(one.reason),
    told(one.message, now, longest),
  ])
  return [
    paragraph(what, width),
    line('Rule:', rule),
    line('Why:', repair ? [told(repair.why, now, longest)] : []),
    line('Decided:', decided),
    line('Changed:', decision?.change ? [told(`it would have changed when: ${decision.change}`, now, longest)] : []),
    line(
      'Not kept:',
      lost.map((one) => told(one, now, longest)),
    ),
    rows.length === 0 ? '' : `\n${table(['EVENT AT', 'REASON', 'MESSAGE'], rows, width)}`,
  ].join('')
}

function time(ms: number): string {
  return new Date(ms).toISOString()
}
