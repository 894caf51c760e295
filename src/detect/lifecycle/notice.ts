/** What is told of a finding as an Event, and when: at once, again when it grew, and when a fatal one is over. */
import type { Severity } from '../../model/finding.ts'
import { describe } from './condition.ts'
import type { Ending } from './ending.ts'
import type { Finding, Notice, Steady } from './state.ts'

/** A chain of companion lines gets this long to show its worst line, unless the finding is fatal already. */
const settleMs = 1000
/** Waiting time before a finding that grew is told again: short once, for its companions, then long. */
const growthMs = [10_000, 300_000] as const

/** The moment at which `finding` is to be told; undefined when there is nothing new about it. */
export function tellAt(finding: Finding, severity: Severity): Steady | undefined {
  const { told, raisedAt, level } = finding
  if (raisedAt === undefined || (told && level !== undefined)) return undefined
  if (!told) return finding.leader.group === undefined || severity === 'fatal' ? raisedAt : raisedAt + settleMs
  if (told.lines === finding.lines && told.companions === finding.companions.length) return undefined
  return told.at + (told.times === 1 ? growthMs[0] : growthMs[1])
}

/** The finding, told. */
export function withTold(finding: Finding, at: Steady): Finding {
  const times = (finding.told?.times ?? 0) + 1
  return { ...finding, told: { at, lines: finding.lines, companions: finding.companions.length, times } }
}

export function raisedNotice(finding: Finding, severity: Severity, wallOffset: number): Notice {
  const companions = finding.companions.length > 0 ? ` [with ${finding.companions.join(', ')}]` : ''
  return {
    id: finding.id,
    type: severity === 'info' ? 'Normal' : 'Warning',
    severity,
    condition: finding.leader.condition,
    reason: finding.leader.reason,
    message: `${describe(finding)}${companions}`,
    count: finding.lines,
    firstAt: finding.wallAt,
    lastAt: Math.max(finding.wallAt, Math.round(finding.lastAt + wallOffset)),
  }
}

const endingText: Readonly<Record<Ending, string>> = {
  faded: '',
  recovered: 'recovered',
  quiet: 'over: nothing more was logged about it for its clearing time',
  expired: 'expired: nothing more was logged about it',
}

/** The notice that a finding is over. A `boot` ends what a boot ends. */
export function endedNotice(finding: Finding, why: Ending | 'boot', wallNow: number): Notice {
  const device = finding.leader.device === undefined ? '' : ` on ${finding.leader.device}`
  return {
    id: `${finding.id}-over`,
    type: 'Normal',
    severity: 'info',
    condition: finding.leader.condition,
    reason: finding.leader.reason,
    message: `${why === 'boot' ? 'over: the machine was rebooted' : endingText[why]}${device}`,
    count: 1,
    firstAt: wallNow,
    lastAt: wallNow,
  }
}
