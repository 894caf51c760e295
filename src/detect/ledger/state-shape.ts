/** Checks the shape of the state file, which anybody or a newer agent may have written. */
import { conditionTypes } from '../../model/condition.ts'
import { drillModes } from '../../model/drill.ts'

type Check = (value: unknown) => boolean

export const isText: Check = (value) => typeof value === 'string'
export const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isOneOf =
  (...words: readonly string[]): Check =>
  (value) =>
    words.includes(value as string) // includes() accepts only strings
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
const isSeverity = isOneOf('info', 'warning', 'fatal')

const isMatch = has({
  rule: isText,
  reason: isText,
  entry: isText,
  condition: isConditionType,
  severity: isSeverity,
  scope: isOneOf('hardware', 'application'),
  family: isText,
  device: isOptional(isText),
  group: isOptional(isText),
  message: isText,
})

export const isFinding = has({
  id: isText,
  leader: isMatch,
  origin: isOneOf('kernel', 'userspace'),
  trust: isOptional(isOneOf('kernel', 'service', 'agent', 'userspace')),
  before: isOptional((value) => value === true),
  acknowledged: isOptional(has({ until: isNumber, why: isText })),
  drill: isOptional(has({ id: isText, mode: isOneOf(...drillModes), until: isNumber })),
  level: isOptional(isText),
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

export const isNotice = has({
  id: isText,
  type: isOneOf('Normal', 'Warning'),
  severity: isSeverity,
  condition: isConditionType,
  reason: isText,
  message: isText,
  count: isNumber,
  firstAt: isNumber,
  lastAt: isNumber,
})

export const isState = has({
  status: isOneOf('True', 'False', 'Unknown'),
  reason: isText,
  message: isText,
  since: isNumber,
})

export const isTime = has({
  bootId: isText,
  base: isNumber,
  now: isNumber,
  firstStartAt: isOptional(isNumber),
})
