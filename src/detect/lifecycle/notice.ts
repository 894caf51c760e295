/** What is told of an entry as an Event, and when: at once, again when it grew, and when a fatal one is over. */
import type { Severity } from '../../model/finding.ts'
import { describe } from './condition.ts'
import type { Ending } from './ending.ts'
import type { Entry, Notice, Steady } from './state.ts'

/** A chain of companion lines gets this long to show its worst line, unless the entry is fatal already. */
const settleMs = 1000
/** Waiting time before a finding that grew is told again: short once, for its companions, then long. */
const growthMs = [10_000, 300_000] as const

/** The moment at which `entry` is to be told; undefined when there is nothing new about it. */
export function tellAt(entry: Entry, severity: Severity): Steady | undefined {
  const { told, raisedAt } = entry
  if (raisedAt === undefined) return undefined
  if (!told) return entry.leader.group === undefined || severity === 'fatal' ? raisedAt : raisedAt + settleMs
  if (told.lines === entry.lines && told.companions === entry.companions.length) return undefined
  return told.at + (told.times === 1 ? growthMs[0] : growthMs[1])
}

/** The entry, told. */
export function withTold(entry: Entry, at: Steady): Entry {
  const times = (entry.told?.times ?? 0) + 1
  return { ...entry, told: { at, lines: entry.lines, companions: entry.companions.length, times } }
}

export function raisedNotice(entry: Entry, severity: Severity, wallOffset: number): Notice {
  const companions = entry.companions.length > 0 ? ` [with ${entry.companions.join(', ')}]` : ''
  return {
    id: entry.id,
    type: severity === 'info' ? 'Normal' : 'Warning',
    condition: entry.leader.condition,
    reason: entry.leader.reason,
    message: `${describe(entry)}${companions}`,
    count: entry.lines,
    firstAt: entry.wallAt,
    lastAt: Math.max(entry.wallAt, Math.round(entry.lastAt + wallOffset)),
  }
}

const endingText: Readonly<Record<Ending, string>> = {
  faded: '',
  recovered: 'recovered',
  quiet: 'over: nothing more was logged about it for its clearing time',
  expired: 'expired: nothing more was logged about it',
}

/** The notice that an entry is over. A `boot` ends what a boot ends. */
export function endedNotice(entry: Entry, why: Ending | 'boot', wallNow: number): Notice {
  const device = entry.leader.device === undefined ? '' : ` on ${entry.leader.device}`
  return {
    id: `${entry.id}-over`,
    type: 'Normal',
    condition: entry.leader.condition,
    reason: entry.leader.reason,
    message: `${why === 'boot' ? 'over: the machine was rebooted' : endingText[why]}${device}`,
    count: 1,
    firstAt: wallNow,
    lastAt: wallNow,
  }
}
