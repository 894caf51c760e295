/**
 * Decides when a finding is reported as an Event, and what the Event says: when raised, when it has grown, and when a
 * fatal one has ended.
 */
import type { Severity } from '../../model/finding.ts'
import { describe } from './condition.ts'
import type { Ending } from './ending.ts'
import type { Finding, Notice, Steady } from './state.ts'

/** Delay of the first report of an incident, so that its worst line can arrive. A fatal finding is not delayed. */
const settleMs = 1000
/** Delay before a grown finding is reported again: first short, for its companions, then long. */
const growthMs = [10_000, 300_000] as const

/** When `finding` is due to be reported; undefined when it has nothing new. */
export function noticeDueAt(finding: Finding, severity: Severity): Steady | undefined {
  const { told, raisedAt, level } = finding
  if (raisedAt === undefined || (told && level !== undefined)) return undefined
  if (!told) return finding.leader.group === undefined || severity === 'fatal' ? raisedAt : raisedAt + settleMs
  if (told.lines === finding.lines && told.companions === finding.companions.length) return undefined
  return told.at + (told.times === 1 ? growthMs[0] : growthMs[1])
}

/** The finding, marked as reported at `at`. */
export function withNotice(finding: Finding, at: Steady): Finding {
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
  quiet: 'over: no further line was logged within its clearing time',
  expired: 'expired: no further line was logged',
  drill: 'over: the drill has ended',
}

/** The notice that a finding has ended; `boot` is the end by a reboot. */
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
