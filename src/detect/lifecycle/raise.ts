/** Begins, ends and reports findings from any source. */
import type { Lifecycle } from '../../catalog/compiled.ts'
import type { Match } from '../../model/finding.ts'
import { acknowledgedNow } from './acknowledge.ts'
import { condemns } from './condition.ts'
import { addNotice, type Draft, judge, remove, store, weigh } from './draft.ts'
import { type Ending, endOf } from './ending.ts'
import { endedNotice, noticeDueAt, raisedNotice, withNotice } from './notice.ts'
import type { Finding, Standing, Steady } from './state.ts'

export function lifetimeOf(draft: Draft, finding: Finding): Lifecycle {
  return draft.settings.lifecycleOf(finding.leader)
}

/** The key of a finding: one per reason and device, and per drill, so that no drill takes part in another finding. */
export function keyOf(reason: string, device: string | undefined, drill?: string): string {
  return `${reason}|${device ?? ''}${drill === undefined ? '' : `|${drill}`}`
}

/** The source of a finding. It determines the finding's id, so a repeated line does not create a second Event. */
export interface Origin {
  /** Name of the log or monitor. */
  readonly source: string
  readonly position: number | string
}

/**
 * The id of a finding, unique per log and per reason in one look. Lower-case letters, digits and `-`, as Event names
 * require.
 */
export function idOf(draft: Draft, { source, position }: Origin, { reason, device }: Match): string {
  const parts = [draft.bootId.slice(0, 8), source, position, hash(keyOf(reason, device))]
  return parts
    .join('-')
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
}

/** FNV-1a, 32 bits. `node:crypto` would cost memory, and nobody gains by forging the id of a node's own finding. */
function hash(text: string): string {
  let sum = 0x811c9dc5
  for (let at = 0; at < text.length; at++) sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193)
  return (sum >>> 0).toString(36)
}

/** A new finding without counted lines. */
export function newFinding(draft: Draft, match: Match, standing: Standing, at: Steady, id: string): Finding {
  const { trust, before, drill } = standing
  const acknowledged = acknowledgedNow(draft, match)
  return {
    id,
    leader: match,
    trust,
    ...(before && { before }),
    ...(drill && { drill }),
    ...(acknowledged && { acknowledged }),
    at,
    lastAt: at,
    wallAt: Math.round(at + draft.moment.wallOffset),
    lines: 0,
    recent: [],
    companions: [],
  }
}

/** Stores a raised finding. */
export function raise(draft: Draft, key: string, finding: Finding): void {
  store(draft, key, finding)
  draft.raised.push(finding)
  weigh(draft, 'facts')
  judge(draft, finding.leader.condition)
}

/** Ends every finding that is due by `time`, in order of its end. */
export function sweep(draft: Draft, time: Steady): void {
  if (time < draft.deadline) return
  const due: {
    readonly key: string
    readonly finding: Finding
    readonly at: Steady
    readonly why: Ending | 'boot'
  }[] = []
  draft.deadline = Number.POSITIVE_INFINITY
  for (const [key, finding] of draft.findings) {
    const ending = endOf(finding, lifetimeOf(draft, finding))
    if (ending && ending.at <= time) due.push({ key, finding, ...ending })
    else if (ending) draft.deadline = Math.min(draft.deadline, ending.at)
  }
  due.sort((a, b) => a.at - b.at)
  for (const { key, finding, why, at } of due) end(draft, key, finding, why, at)
}

export function end(draft: Draft, key: string, finding: Finding, why: Ending | 'boot', at: Steady): void {
  remove(draft, key)
  if (finding.raisedAt === undefined) return
  weigh(draft, 'facts')
  draft.ended.push({ finding, why })
  judge(draft, finding.leader.condition)
  const isLevel = finding.level !== undefined
  const announced = finding.told !== undefined && (why === 'recovered' || isLevel || condemns(finding, draft.settings))
  if (announced) addNotice(draft, endedNotice(finding, why, Math.round(at + draft.moment.wallOffset)))
}

/** Adds notices for all findings that are due. Returns when the next one is due. */
export function queueNotices(draft: Draft, now: Steady): Steady | undefined {
  let next = draft.deadline
  for (const [key, finding] of draft.findings) {
    const severity = draft.settings.severityOf(finding.leader, finding)
    const due = severity && noticeDueAt(finding, severity)
    if (severity === undefined || due === undefined) continue
    if (due > now) {
      next = Math.min(next, due)
      continue
    }
    draft.findings.set(key, withNotice(finding, now))
    addNotice(draft, raisedNotice(finding, severity, draft.moment.wallOffset))
  }
  return Number.isFinite(next) ? next : undefined
}
