/**
 * The state file: conditions, findings, notices and cursors in one JSON text, so that a line's effect and its cursor
 * are saved together. Every section and finding is parsed on its own, so after a downgrade this version keeps what it
 * understands.
 */
import { type Acknowledgement, readAcknowledgements, writeAcknowledgements } from '../../model/acknowledgement.ts'
import { conditionTypes } from '../../model/condition.ts'
import type { Trust } from '../../model/evidence.ts'
import {
  type ConditionState,
  type Finding,
  type LifecycleState,
  type Notice,
  perCondition,
  unchecked,
} from '../lifecycle/state.ts'
import { isFinding, isNotice, isNumber, isRecord, isState, isText, isTime } from './state-shape.ts'
import type { StoredTime } from './steady-time.ts'

/**
 * The version that this agent writes. Agents of 0.1.0 read only this one, so data they do not know goes into new
 * sections.
 */
const writtenVersion = 2

/** How far each log has been read; earlier lines have been processed. */
export type Cursors = Readonly<Record<string, number | string>>

/** What monitors compare their next look with, by monitor: counters and what was seen of a device. Plain data. */
export type Bases = Readonly<Record<string, unknown>>

/** Longest base of one monitor, characters: a machine with very many devices must not make each write slow. */
const longestBase = 128 * 1024

export interface StoredState {
  readonly time: StoredTime
  readonly cursors: Cursors
  readonly bases: Bases
  readonly lifecycle: LifecycleState
}

/** A state to write; without bases where there are no monitors. */
type Unbased = Omit<StoredState, 'bases'> & Partial<Pick<StoredState, 'bases'>>

/** The parsed state, and the names of the unusable parts of the text. */
export interface ParsedState extends StoredState {
  readonly lost: readonly string[]
}

/** A finding in the file: agents of 0.1.0 read `origin` in place of `trust`. */
type StoredFinding = Omit<Finding, 'trust'> & { readonly origin: 'kernel' | 'userspace'; readonly trust?: Trust }

export function serialiseState({ time, cursors, bases = {}, lifecycle }: Unbased): string {
  const { bootId, findings, conditions, acknowledgements, notices, dropped } = lifecycle
  const marks = Object.entries(cursors)
  return `${JSON.stringify({
    version: writtenVersion,
    time,
    cursors: Object.fromEntries(marks.filter(([, position]) => typeof position === 'number')),
    textCursors: Object.fromEntries(marks.filter(([, position]) => typeof position === 'string')),
    bootId,
    conditions,
    findings: [...findings].filter(([, finding]) => isKept(finding)).map(([key, finding]) => [key, toStored(finding)]),
    notices: [...notices.values()],
    dropped,
    acknowledgements: writeAcknowledgements(acknowledgements),
    bases: shortOf(bases),
  })}\n`
}

function shortOf(bases: Bases): Bases {
  return Object.fromEntries(
    Object.entries(bases).filter(([, base]) => (JSON.stringify(base)?.length ?? 0) <= longestBase),
  )
}

/** A level that is not yet raised starts again, because nothing was measured while the agent was down. */
function isKept({ level, raisedAt }: Finding): boolean {
  return level === undefined || raisedAt !== undefined
}

/**
 * Returns the stored state, or why the whole text is unusable. The agent then starts anew and reads the log from its
 * start.
 */
export function parseState(text: string): ParsedState | { readonly trouble: string } {
  let file: unknown
  try {
    file = JSON.parse(text)
  } catch {
    return { trouble: 'not JSON' }
  }
  if (!isRecord(file)) return { trouble: 'not an object' }
  const { version, time } = file
  if (!isNumber(version) || version < writtenVersion)
    return { trouble: `version ${String(version)}, which this agent cannot read` }
  if (!isTime(time)) return { trouble: 'the field time is invalid' }
  return restore(file, time as unknown as StoredTime) // isTime has checked its fields
}

function restore(file: Record<string, unknown>, time: StoredTime): ParsedState {
  const lost: string[] = []
  const bootId = isText(file.bootId) ? (file.bootId as string) : time.bootId
  const findings = list(file.findings, 'findings', lost, isPair) as readonly (readonly [string, StoredFinding])[]
  const notices = list(file.notices, 'notices', lost, isNotice) as readonly Notice[]
  const dropped = isRecord(file.dropped) ? file.dropped : {}
  return {
    time,
    cursors: { ...marks(file.cursors, isNumber), ...marks(file.textCursors, isText) },
    bases: isRecord(file.bases) ? file.bases : {},
    lifecycle: {
      bootId,
      findings: new Map(findings.map(([key, stored]) => [key, fromStored(stored)])),
      conditions: conditionsOf(file.conditions, lost),
      acknowledgements: acknowledgementsIn(file.acknowledgements),
      watchers: new Map(),
      notices: new Map(notices.map((notice) => [notice.id, notice])),
      dropped: { findings: count(dropped.findings), notices: count(dropped.notices) },
    },
    lost,
  }
}

/** Reads the section that 0.1.0 does not have. */
function acknowledgementsIn(section: unknown): readonly Acknowledgement[] {
  const read = typeof section === 'string' ? readAcknowledgements(section) : []
  return 'trouble' in read ? [] : read
}

function conditionsOf(section: unknown, lost: string[]): LifecycleState['conditions'] {
  const given = isRecord(section) ? section : {}
  const missing = conditionTypes.filter((type) => !isState(given[type]))
  lost.push(...missing.map((type) => `conditions.${type}`))
  return perCondition((type) => (missing.includes(type) ? unchecked(0) : (given[type] as ConditionState))) // see isState
}

/** Returns the valid items of a section and adds the names of the others to `lost`. */
function list(section: unknown, name: string, lost: string[], fits: (item: unknown) => boolean): readonly unknown[] {
  if (!Array.isArray(section)) {
    lost.push(name)
    return []
  }
  section.forEach((item, index) => {
    if (!fits(item)) lost.push(`${name}[${index}]`)
  })
  return section.filter(fits)
}

function isPair(item: unknown): boolean {
  return Array.isArray(item) && isText(item[0]) && isFinding(item[1])
}

function marks(section: unknown, fits: (value: unknown) => boolean): Cursors {
  const entries = isRecord(section) ? Object.entries(section) : []
  return Object.fromEntries(entries.filter(([, value]) => fits(value))) as Cursors // `fits` has checked them
}

function count(value: unknown): number {
  return isNumber(value) ? (value as number) : 0
}

function toStored(finding: Finding): StoredFinding {
  return { ...finding, origin: finding.trust === 'userspace' ? 'userspace' : 'kernel' }
}

function fromStored({ origin, trust, ...rest }: StoredFinding): Finding {
  return { ...rest, trust: trust ?? origin }
}
