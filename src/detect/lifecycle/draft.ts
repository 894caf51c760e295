/** The working copy of the state during one step. The step changes it in place and nothing else sees it. */
import type { Acknowledgement } from '../../model/acknowledgement.ts'
import { type ConditionType, conditionTypes } from '../../model/condition.ts'
import type { Match } from '../../model/finding.ts'
import { judgeCondition } from './condition.ts'
import { type Ended, endOf } from './ending.ts'
import { type Settings, severityRank } from './settings.ts'
import type { ConditionState, Finding, LifecycleState, Moment, Notice, Standing, Steady, Watcher } from './state.ts'

/** Most findings in memory. A storm about 50,000 devices keeps the 256 gravest; `dropped` counts the others. */
export const mostFindings = 256
/** Number of findings selected for removal at a time, because in a storm every line needs one removed. */
const victimsAtOnce = 16
/** Most notices waiting to be written; `report/event-writer.ts` gives the time to write them. */
export const mostNotices = 256

export interface Draft {
  readonly moment: Moment
  readonly settings: Settings
  bootId: string
  readonly findings: Map<string, Finding>
  readonly conditions: Record<ConditionType, ConditionState>
  acknowledgements: readonly Acknowledgement[]
  watchers: Map<string, Watcher>
  readonly notices: Map<string, Notice>
  dropped: { findings: number; notices: number }
  readonly raised: Finding[]
  readonly ended: Ended[]
  /** No finding ends before this time. */
  deadline: Steady
  /** The findings to remove next when room is needed, all of one importance. */
  victims: Keyed[]
  weight: Weight
  /** Conditions to judge at the end of the step. */
  readonly dirty: Map<ConditionType, 'fresh' | 'changed'>
  /** Conditions with another status, reason or message; changes of a level's value do not count. */
  readonly changed: Set<ConditionType>
  /** Conditions whose `since` was taken from the node. */
  readonly recalled: Set<ConditionType>
}

/**
 * The cost of losing the step's effect: nothing (only new values of known levels), counts, or facts (after a restart,
 * something would be repeated or missed).
 */
export type Weight = 'nothing' | 'counts' | 'facts'

export function draftOf(state: LifecycleState, moment: Moment, settings: Settings): Draft {
  return {
    moment,
    settings,
    bootId: state.bootId,
    findings: new Map(state.findings),
    conditions: { ...state.conditions },
    acknowledgements: state.acknowledgements,
    watchers: new Map(state.watchers),
    notices: new Map(state.notices),
    dropped: { ...state.dropped },
    raised: [],
    ended: [],
    deadline: Number.NEGATIVE_INFINITY,
    victims: [],
    weight: 'nothing',
    dirty: new Map(),
    changed: new Set(),
    recalled: new Set(),
  }
}

/** Raises the step's weight to at least `weight`. */
export function weigh(draft: Draft, weight: Weight): void {
  if (draft.weight !== 'facts' && weight !== 'nothing') draft.weight = weight
}

export function store(draft: Draft, key: string, finding: Finding): void {
  draft.findings.set(key, finding)
  const [victim] = draft.victims
  if (victim && importance(draft, finding) < importance(draft, victim[1])) draft.victims = []
  const ending = endOf(finding, draft.settings.lifecycleOf(finding.leader))
  if (ending && ending.at < draft.deadline) draft.deadline = ending.at
}

export function remove(draft: Draft, key: string): void {
  draft.findings.delete(key)
}

/**
 * Requests a judgement of the condition at the end of the step. `fresh`: only values of known levels differ, which is
 * not reported.
 */
export function judge(draft: Draft, type: ConditionType, why: 'fresh' | 'changed' = 'changed'): void {
  if (draft.dirty.get(type) !== 'changed') draft.dirty.set(type, why)
}

/** Judges every requested condition once, however many lines the step processed. */
export function settleConditions(draft: Draft): void {
  const { findings, watchers, conditions, settings } = draft
  for (const [type, why] of draft.dirty) {
    const before = conditions[type]
    const now = judgeCondition(type, findings.values(), watchers.values(), before, settings)
    conditions[type] = { ...now, since: before.since }
    const sameText = now.reason === before.reason && now.message === before.message
    if (now.status === before.status && (sameText || why === 'fresh')) continue
    draft.changed.add(type)
    if (now.status !== before.status) weigh(draft, 'facts')
  }
  draft.dirty.clear()
}

/**
 * Sets `since` of conditions whose status changed. Kubernetes' `lastTransitionTime` is when the status changed, which
 * is now; the message gives the time of the logged cause.
 */
export function stampTransitions(draft: Draft, before: LifecycleState): void {
  const { now, wallOffset } = draft.moment
  for (const type of conditionTypes) {
    const one = draft.conditions[type]
    if (one.status === before.conditions[type].status || draft.recalled.has(type)) continue
    draft.conditions[type] = { ...one, since: Math.max(one.since, Math.round(now + wallOffset)) }
  }
}

/** Adds a notice. When there are too many, removes the oldest of the least severe. */
export function addNotice(draft: Draft, notice: Notice): void {
  draft.notices.delete(notice.id)
  draft.notices.set(notice.id, notice)
  weigh(draft, 'facts')
  if (draft.notices.size <= mostNotices) return
  let victim = notice
  for (const one of draft.notices.values()) {
    const [rank, least] = [severityRank[one.severity], severityRank[victim.severity]]
    if (rank < least || (rank === least && victim === notice)) victim = one
  }
  draft.notices.delete(victim.id)
  draft.dropped.notices++
}

/**
 * Makes room for one more finding by removing the least important: pending before info before warning before fatal,
 * then from the condition with the most findings, then the oldest. Returns false when the newcomer is the least
 * important.
 */
export function makeRoom(draft: Draft, newcomer: Match, standing: Standing): boolean {
  if (draft.findings.size < mostFindings) return true
  draft.dropped.findings++
  const severity = draft.settings.severityOf(newcomer, standing)
  const [key, gone] = nextVictim(draft)
  if (severity === undefined || severityRank[severity] < importance(draft, gone)) return false
  remove(draft, key)
  judge(draft, gone.leader.condition)
  return true
}

type Keyed = readonly [key: string, finding: Finding]

/** Returns the next selected finding that has not changed since. Findings added after the selection are younger. */
function nextVictim(draft: Draft): Keyed {
  const stands = ([key, finding]: Keyed): boolean => draft.findings.get(key) === finding
  while (draft.victims[0] && !stands(draft.victims[0])) draft.victims.shift()
  if (draft.victims.length === 0) draft.victims = leastImportant(draft).slice(0, victimsAtOnce)
  const [victim] = draft.victims
  if (!victim) throw new RangeError('there is no finding to remove')
  return victim
}

function leastImportant(draft: Draft): Keyed[] {
  const crowd = new Map<ConditionType, number>()
  for (const { leader } of draft.findings.values()) crowd.set(leader.condition, (crowd.get(leader.condition) ?? 0) + 1)
  const weighed = [...draft.findings].map((one) => {
    const [, finding] = one
    return { one, rank: importance(draft, finding), others: crowd.get(finding.leader.condition) ?? 0 }
  })
  weighed.sort((a, b) => a.rank - b.rank || b.others - a.others || a.one[1].lastAt - b.one[1].lastAt)
  const [first] = weighed
  return weighed.filter(({ rank, others }) => rank === first?.rank && others === first.others).map(({ one }) => one)
}

function importance(draft: Draft, finding: Finding): number {
  if (finding.raisedAt === undefined) return -1
  return severityRank[draft.settings.severityOf(finding.leader, finding) ?? 'info']
}
