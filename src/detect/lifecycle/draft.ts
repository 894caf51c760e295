/** One step's working copy of the state: changed in place while the step runs, seen by nobody else. */
import type { Lifecycle } from '../../catalog/compiled.ts'
import type { ConditionType } from '../../model/condition.ts'
import { judgeCondition } from './condition.ts'
import { endOf } from './ending.ts'
import { type Settings, severityRank } from './settings.ts'
import type { ConditionState, Finding, LifecycleState, Moment, Notice, Sighting, Steady, Watch } from './state.ts'

/** Most findings that are remembered at once; what a cap costs is counted in `dropped`. */
export const mostFindings = 256
/** Most notices that wait to be told. */
export const mostNotices = 256

export interface Draft {
  readonly moment: Moment
  readonly settings: Settings
  bootId: string
  readonly findings: Map<string, Finding>
  readonly conditions: Record<ConditionType, ConditionState>
  readonly watches: Record<ConditionType, Watch>
  readonly notices: Map<string, Notice>
  dropped: { findings: number; notices: number }
  readonly raised: Finding[]
  /** No finding ends before this. */
  deadline: Steady
}

export function draftOf(state: LifecycleState, moment: Moment, settings: Settings): Draft {
  return {
    moment,
    settings,
    bootId: state.bootId,
    findings: new Map(state.findings),
    conditions: { ...state.conditions },
    watches: { ...state.watches },
    notices: new Map(state.notices),
    dropped: { ...state.dropped },
    raised: [],
    deadline: Number.NEGATIVE_INFINITY,
  }
}

export function lifetimeOf(draft: Draft, finding: Finding): Lifecycle {
  return draft.settings.lifecycleOf(finding.leader)
}

export function store(draft: Draft, key: string, finding: Finding): void {
  draft.findings.set(key, finding)
  const ending = endOf(finding, lifetimeOf(draft, finding))
  if (ending && ending.at < draft.deadline) draft.deadline = ending.at
}

export function remove(draft: Draft, key: string): void {
  draft.findings.delete(key)
}

/** Judges one condition anew as of `at`. */
export function judge(draft: Draft, type: ConditionType, at: Steady): void {
  const { findings, watches, conditions, settings, moment } = draft
  const wall = Math.round(at + moment.wallOffset)
  conditions[type] = judgeCondition(type, findings.values(), watches[type], conditions[type], settings, wall)
}

/** Adds a notice; the oldest goes when there are too many. */
export function addNotice(draft: Draft, notice: Notice): void {
  draft.notices.delete(notice.id)
  draft.notices.set(notice.id, notice)
  if (draft.notices.size <= mostNotices) return
  const oldest = draft.notices.keys().next().value
  if (oldest !== undefined) draft.notices.delete(oldest)
  draft.dropped.notices++
}

/**
 * Makes room for one more finding. The least important goes: pending before info before warning before fatal, then of the
 * condition with the most findings, then the oldest. False when the newcomer itself is the least important.
 */
export function makeRoom(draft: Draft, newcomer: Sighting): boolean {
  if (draft.findings.size < mostFindings) return true
  draft.dropped.findings++
  const crowd = new Map<ConditionType, number>()
  for (const { leader } of draft.findings.values()) crowd.set(leader.condition, (crowd.get(leader.condition) ?? 0) + 1)
  let victim: { readonly key: string; readonly weight: readonly number[] } | undefined
  for (const [key, finding] of draft.findings) {
    const weight = [importance(draft, finding), -(crowd.get(finding.leader.condition) ?? 0), finding.lastAt]
    if (!victim || isLess(weight, victim.weight)) victim = { key, weight }
  }
  const severity = draft.settings.severityOf(newcomer.match, newcomer.origin)
  if (!victim || severity === undefined || severityRank[severity] < (victim.weight[0] ?? 0)) return false
  const gone = draft.findings.get(victim.key)
  remove(draft, victim.key)
  if (gone?.raisedAt !== undefined) judge(draft, gone.leader.condition, newcomer.at)
  return true
}

function importance(draft: Draft, finding: Finding): number {
  if (finding.raisedAt === undefined) return -1
  return severityRank[draft.settings.severityOf(finding.leader, finding.origin) ?? 'info']
}

function isLess(a: readonly number[], b: readonly number[]): boolean {
  for (const [index, value] of a.entries()) {
    const other = b[index] ?? 0
    if (value !== other) return value < other
  }
  return false
}
