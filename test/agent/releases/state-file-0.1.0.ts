/** The checks that agents of 0.1.0 apply to a state file, as a downgrade meets them. Unchanged from that release. */
import { conditionTypes } from '../../../src/model/condition.ts'

/** What 0.1.0 finds wrong with the text; undefined when it accepts all of it. */
export function refusedBy010(text: string): string | undefined {
  const file: unknown = JSON.parse(text)
  if (!isRecord(file)) return 'not an object'
  if (file.version !== 2) return `version ${String(file.version)}`
  return Object.entries(shape).find(([field, fits]) => !fits(file[field]))?.[0]
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
  conditions: has(Object.fromEntries(conditionTypes.map((type) => [type, isCondition]))),
  findings: isListOf((pair) => Array.isArray(pair) && isText(pair[0]) && isFinding(pair[1])),
  notices: isListOf(isNotice),
  dropped: has({ findings: isNumber, notices: isNumber }),
}
