/**
 * The state file: conditions, findings, notices and cursors in one JSON text, so that a line's effect and the cursor
 * behind the line are kept, or lost, together.
 */
import { conditionTypes } from '../../model/condition.ts'
import { emptyState, type Finding, type LifecycleState, type Notice, perCondition } from './state.ts'
import type { StoredTime } from './timeline.ts'

/** Bump when a field changes its meaning: a file of another version is not read. */
export const stateVersion = 2

/** How far each source has been read in the boot of the file; what is before has had its effect. */
export type Cursors = Readonly<Record<string, number>>

export interface StoredState {
  readonly time: StoredTime
  readonly cursors: Cursors
  readonly lifecycle: LifecycleState
}

export function serialiseState({ time, cursors, lifecycle }: StoredState): string {
  const { bootId, findings, conditions, notices, dropped } = lifecycle
  return `${JSON.stringify({
    version: stateVersion,
    time,
    cursors,
    bootId,
    conditions,
    findings: [...findings],
    notices: [...notices.values()],
    dropped,
  })}\n`
}

/** The stored state, or what is wrong with the text: then the agent starts afresh and reads the log from its start. */
export function parseState(text: string): StoredState | { readonly trouble: string } {
  let file: unknown
  try {
    file = JSON.parse(text)
  } catch {
    return { trouble: 'not JSON' }
  }
  if (!isRecord(file)) return { trouble: 'not an object' }
  if (file.version !== stateVersion) return { trouble: `version ${String(file.version)}, not ${stateVersion}` }
  const wrong = Object.entries(shape).find(([field, fits]) => !fits(file[field]))?.[0]
  if (wrong !== undefined) return { trouble: `${wrong} is not what it should be` }
  return restore(file as unknown as StateFile) // every field has just been checked
}

interface StateFile {
  readonly time: StoredTime
  readonly cursors: Cursors
  readonly bootId: string
  readonly conditions: LifecycleState['conditions']
  readonly findings: readonly (readonly [string, Finding])[]
  readonly notices: readonly Notice[]
  readonly dropped: LifecycleState['dropped']
}

function restore(file: StateFile): StoredState {
  const { watches } = emptyState(file.bootId, 0)
  return {
    time: file.time,
    cursors: file.cursors,
    lifecycle: {
      bootId: file.bootId,
      findings: new Map(file.findings),
      conditions: perCondition((type) => file.conditions[type]),
      watches,
      notices: new Map(file.notices.map((notice) => [notice.id, notice])),
      dropped: file.dropped,
    },
  }
}

type Check = (value: unknown) => boolean

const isText: Check = (value) => typeof value === 'string'
const isNumber: Check = (value) => typeof value === 'number' && Number.isFinite(value)
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isOneOf =
  (...words: readonly string[]): Check =>
  (value) =>
    words.includes(value as string) // any value may ask
const isOptional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value)
const isListOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check)
const has =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isRecord(value) && Object.entries(fields).every(([field, check]) => check(value[field]))

const isConditionType = isOneOf(...conditionTypes)

const isMatch = has({
  rule: isText,
  reason: isText,
  entry: isText,
  condition: isConditionType,
  severity: isOneOf('info', 'warning', 'fatal'),
  scope: isOneOf('hardware', 'application'),
  family: isText,
  device: isOptional(isText),
  group: isOptional(isText),
  message: isText,
})

const isFinding = has({
  id: isText,
  leader: isMatch,
  origin: isOneOf('kernel', 'userspace'),
  at: isNumber,
  lastAt: isNumber,
  wallAt: isNumber,
  lines: isNumber,
  recent: isListOf(isNumber),
  raisedAt: isOptional(isNumber),
  over: isOptional(isNumber),
  companions: isListOf(isText),
  told: isOptional(has({ at: isNumber, lines: isNumber, companions: isNumber, times: isNumber })),
})

const isNotice = has({
  id: isText,
  type: isOneOf('Normal', 'Warning'),
  severity: isOneOf('info', 'warning', 'fatal'),
  condition: isConditionType,
  reason: isText,
  message: isText,
  count: isNumber,
  firstAt: isNumber,
  lastAt: isNumber,
})

const isCondition = has({
  status: isOneOf('True', 'False', 'Unknown'),
  reason: isText,
  message: isText,
  since: isNumber,
})

const shape: Readonly<Record<string, Check>> = {
  time: has({ bootId: isText, base: isNumber, now: isNumber }),
  cursors: (value) => isRecord(value) && Object.values(value).every(isNumber),
  bootId: isText,
  conditions: has(perCondition(() => isCondition)),
  findings: isListOf((pair) => Array.isArray(pair) && isText(pair[0]) && isFinding(pair[1])),
  notices: isListOf(isNotice),
  dropped: has({ findings: isNumber, notices: isNumber }),
}
