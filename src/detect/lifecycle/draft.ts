/** One step's working copy of the state: changed in place while the step runs, seen by nobody else. */
import type { Acknowledgement } from '../../model/acknowledgement.ts'
import { type ConditionType, conditionTypes } from '../../model/condition.ts'
import type { Match } from '../../model/finding.ts'
import { judgeCondition } from './condition.ts'
import { type Ended, endOf } from './ending.ts'
import { type Settings, severityRank } from './settings.ts'
import type { ConditionState, Finding, LifecycleState, Moment, Notice, Standing, Steady, Watcher } from './state.ts'

/**
 * Most findings that are remembered at once: 50,000 lines in a second, each about another device, are 256 findings, the
 * gravest of them. What a cap costs is counted in `dropped`.
 */
export const mostFindings = 256
/** How many findings are looked out at a time to be forgotten: a storm asks for one with each of its lines. */
const victimsAtOnce = 16
/** Most notices that wait to be told; `report/event-writer.ts` says how long telling them takes. */
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
  /** No finding ends before this. */
  deadline: Steady
  /** The findings that go next when room is needed, of one importance. */
  victims: Keyed[]
  weight: Weight
  /** Conditions to judge when the step ends. */
  readonly dirty: Map<ConditionType, 'fresh' | 'changed'>
  /** Conditions whose status, reason or message is another one, fresh values of a level aside. */
  readonly changed: Set<ConditionType>
  /** Conditions whose `since` was taken over from the node. */
  readonly recalled: Set<ConditionType>
}

/**
 * What losing the step's effect would cost: nothing (fresh values of what is known already), counts, or facts (a restart
 * would repeat or miss something).
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

/** Notes that the step's effect is worth as much as `weight`. */
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

/** Has one condition judged when the step ends. `fresh`: only the values of known levels can be others, which is no change to report. */
export function judge(draft: Draft, type: ConditionType, why: 'fresh' | 'changed' = 'changed'): void {
  if (draft.dirty.get(type) !== 'changed') draft.dirty.set(type, why)
}

/** Judges what is to be judged, once, however many lines the step took in. */
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
 * Stamps what has turned. Kubernetes' `lastTransitionTime` is when the status of the condition changed, which is now: when
 * the kernel logged its cause is for the message to say.
 */
export function stampTransitions(draft: Draft, before: LifecycleState): void {
  const { now, wallOffset } = draft.moment
  for (const type of conditionTypes) {
    const one = draft.conditions[type]
    if (one.status === before.conditions[type].status || draft.recalled.has(type)) continue
    draft.conditions[type] = { ...one, since: Math.max(one.since, Math.round(now + wallOffset)) }
  }
}

/** Adds a notice; when there are too many, the oldest of the least severe goes. */
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
 * Makes room for one more finding. The least important goes: pending before info before warning before fatal, then of the
 * condition with the most findings, then the oldest. False when the newcomer itself is the least important.
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

/** The next of those that were looked out, unless it has changed since. What has come since is younger. */
function nextVictim(draft: Draft): Keyed {
  const stands = ([key, finding]: Keyed): boolean => draft.findings.get(key) === finding
  while (draft.victims[0] && !stands(draft.victims[0])) draft.victims.shift()
  if (draft.victims.length === 0) draft.victims = leastImportant(draft).slice(0, victimsAtOnce)
  const [victim] = draft.victims
  if (!victim) throw new RangeError('there is no finding to forget')
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
