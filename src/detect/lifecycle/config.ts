/**
 * Parses `/etc/nodemend/config.yaml`, the operator's overrides per reason and per code. Parsing is strict and reports
 * file:line:column, because an ignored typo leaves a fleet with unintended severities. A bad file never stops the
 * agent: the previous configuration, at a start the shipped catalogue, stays in force.
 */

import type { Document, LineCounter } from 'yaml'
import { yamlComplaintOf } from '../../catalog/complaint.ts'
import { parseDuration } from '../../catalog/duration.ts'
import { documentOf, plainValueOf, syntaxErrorsOf, unreadable } from '../../catalog/plain-value.ts'
import { nearest } from '../../model/nearest.ts'
import { questioned } from '../../model/shown.ts'
import { cutText } from './cut-text.ts'
import { noOverrides, type Override, type Overrides } from './settings.ts'

export type ConfigOutcome =
  | { readonly outcome: 'loaded'; readonly overrides: Overrides; readonly doubts: readonly string[] }
  | { readonly outcome: 'refused'; readonly problems: readonly string[] }

/** The names that a configuration may use. */
export interface Known {
  /** The reasons of the catalogue and the rule packs. */
  readonly reasons: readonly string[]
  /** The measured reasons among them, which have limits, with the unit of their value. */
  readonly measured: Readonly<Record<string, string>>
  /** The families whose findings carry a code. */
  readonly families: readonly string[]
  /** Whether a table lists the number, for the families in {@link numbered}. */
  readonly hasCode: (family: string, code: number) => boolean
}

interface Reading {
  readonly file: string
  readonly document: Document
  readonly lines: LineCounter
  readonly problems: string[]
}

type Path = readonly (string | number)[]

/** A longer `for` would keep the reason from ever being raised. */
const longestForMs = 7 * 24 * 3_600_000

const severities = ['info', 'warning', 'fatal'] as const

/** Reasons per code. In the catalogue, the entries of their families cover them. */
const codeReason = /^Nvidia(S?XID)(\d{1,5})(?:Error|Warning)$/
/** Families whose codes are numbers listed in a table. */
const numbered = ['xid', 'sxid']

/**
 * Parses `text` of `file`. An unknown name is a mistake; an unknown number only a doubt, because new drivers have
 * numbers that the tables lack. Without `known`, every name and number is accepted. Loads the YAML parser on demand,
 * because most nodes have no such file.
 */
export async function parseConfig(file: string, text: string, known?: Known): Promise<ConfigOutcome> {
  const { LineCounter, parseDocument } = await import('yaml')
  const lines = new LineCounter()
  const document = documentOf(() => parseDocument(text, { lineCounter: lines }))
  if (!document) return { outcome: 'refused', problems: [`${file}: ${unreadable}`] }
  const reading: Reading = { file, document, lines, problems: [] }
  for (const error of syntaxErrorsOf(document)) {
    const { line, col } = lines.linePos(error.pos[0])
    reading.problems.push(`${file}:${line}:${col}: ${yamlComplaintOf(error, text)}`)
  }
  const plain = reading.problems.length > 0 ? undefined : plainValueOf(document)
  if (plain && 'trouble' in plain) reading.problems.push(`${file}: ${plain.trouble}`)
  const overrides = plain && 'value' in plain ? readRoot(reading, plain.value) : noOverrides
  for (const [name, override] of Object.entries(known ? overrides.reasons : {})) {
    complainIfUnknown(reading, name, known?.reasons ?? [])
    complainIfUnmeasured(reading, name, override, known?.measured ?? {})
  }
  complainOfCodes(reading, overrides.codes, known?.families)
  if (reading.problems.length > 0)
    return { outcome: 'refused', problems: reading.problems.slice(0, mostProblems).map(oneLine) }
  return { outcome: 'loaded', overrides, doubts: known ? doubtsOf(reading, overrides, known) : [] }
}

/**
 * Reports at most this many problems, so that a wrong file, such as one behind a wrong link, is not copied into the
 * log.
 */
const mostProblems = 20
const longestProblem = 300

function oneLine(problem: string): string {
  return cutText(questioned(problem), longestProblem)
}

function doubtsOf(reading: Reading, { reasons, codes }: Overrides, known: Known): readonly string[] {
  const doubts: string[] = []
  const doubt = (path: Path, family: string, code: number): void => {
    if (known.hasCode(family, code)) return
    const what = `is in force, but no table lists ${code}: check it against docs/reference/${family}.md`
    doubts.push(`${placeOf(reading, path)}: ${path.join('.')} ${what}`)
  }
  for (const name of Object.keys(reasons)) {
    const [, family, code] = codeReason.exec(name) ?? []
    if (family !== undefined && !known.reasons.includes(name))
      doubt(['reasons', name], family.toLowerCase(), Number(code))
  }
  for (const family of numbered) {
    for (const code of Object.keys(codes[family] ?? {})) doubt(['codes', family, code], family, Number(code))
  }
  return doubts
}

function readRoot(reading: Reading, root: unknown): Overrides {
  if (root === null || root === undefined) return noOverrides
  const fields = mapOf(reading, [], root, ['reasons', 'codes'])
  return {
    reasons: overridesOf(reading, ['reasons'], fields.reasons),
    codes: Object.fromEntries(
      Object.entries(mapOf(reading, ['codes'], fields.codes)).map(([family, codes]) => {
        return [family, overridesOf(reading, ['codes', family], codes)]
      }),
    ),
  }
}

function complainIfUnknown(reading: Reading, name: string, known: readonly string[]): void {
  if (known.includes(name) || codeReason.test(name)) return
  const numbered = /^nvidia(s?xid)(\d+)(error|warning)$/.exec(name.toLowerCase())
  const near = numbered
    ? `Nvidia${numbered[1]?.toUpperCase()}${numbered[2]}${numbered[3] === 'error' ? 'Error' : 'Warning'}`
    : nearest(name, known)
  const remedy = near === undefined ? 'docs/reference/catalogue.md lists the reasons' : `did you mean ${near}?`
  complain(reading, ['reasons', name], `is not a reason of the catalogue or a rule pack; ${remedy}`)
}

function complainOfCodes(reading: Reading, codes: Overrides['codes'], families: readonly string[] | undefined): void {
  for (const [family, ofFamily] of Object.entries(codes)) {
    if (families && !families.includes(family)) {
      const near = nearest(family, families)
      const remedy = near === undefined ? `known are ${families.join(', ')}` : `did you mean ${near}?`
      complain(reading, ['codes', family], `is not a family whose findings carry codes; ${remedy}`)
    }
    if (!numbered.includes(family)) continue
    for (const code of Object.keys(ofFamily)) {
      if (!/^\d{1,5}$/.test(code)) complain(reading, ['codes', family, code], 'is not a number; write it as 79')
    }
  }
}

function complainIfUnmeasured(reading: Reading, name: string, given: Override, measured: Known['measured']): void {
  const { limit, clear, forMs } = given
  if (limit === undefined && clear === undefined && forMs === undefined) return
  const unit = measured[name]
  for (const [key, value] of Object.entries({ limit, clear })) {
    if (unit === 'percent' && value !== undefined && (value < 0 || value > 100))
      complain(reading, ['reasons', name, key], 'is a percentage: write a number from 0 to 100')
  }
  if (unit !== undefined) return
  complain(
    reading,
    ['reasons', name],
    'is detected in a log and has no limit: limit, clear and for apply to measured reasons only',
  )
}

function overridesOf(reading: Reading, path: Path, value: unknown): Readonly<Record<string, Override>> {
  const entries = Object.entries(mapOf(reading, path, value))
  return Object.fromEntries(entries.map(([name, one]) => [name, overrideOf(reading, [...path, name], one)]))
}

function overrideOf(reading: Reading, path: Path, value: unknown): Override {
  const given = mapOf(reading, path, value, ['severity', 'disabled', 'limit', 'clear', 'for'])
  const { severity, disabled } = given
  const known = severities.find((one) => one === severity)
  if (severity !== undefined && !known)
    complain(reading, [...path, 'severity'], `write one of ${severities.join(', ')}`)
  if (disabled !== undefined && typeof disabled !== 'boolean') {
    complain(reading, [...path, 'disabled'], 'write true or false')
  }
  return {
    ...(known && { severity: known }),
    ...(typeof disabled === 'boolean' && { disabled }),
    ...limitsOf(reading, path, given),
  }
}

/** Reads the limits of a measured reason, in the unit of its value. */
function limitsOf(reading: Reading, path: Path, { limit, clear, for: time }: Record<string, unknown>): Override {
  for (const [key, value] of Object.entries({ limit, clear })) {
    if (value !== undefined && typeof value !== 'number') complain(reading, [...path, key], 'write a number')
  }
  const forMs = typeof time === 'string' ? parseDuration(time) : undefined
  if (time !== undefined && forMs === undefined) complain(reading, [...path, 'for'], 'write a duration such as 30s')
  if (forMs !== undefined && forMs > longestForMs) complain(reading, [...path, 'for'], 'must be 7 days at most')
  return {
    ...(typeof limit === 'number' && { limit }),
    ...(typeof clear === 'number' && { clear }),
    ...(forMs !== undefined && { forMs }),
  }
}

function mapOf(reading: Reading, path: Path, value: unknown, allowed?: readonly string[]): Record<string, unknown> {
  if (value === undefined || value === null) return {}
  if (typeof value !== 'object' || Array.isArray(value)) {
    complain(reading, path, 'must be a map')
    return {}
  }
  for (const key of Object.keys(value)) {
    if (allowed && !allowed.includes(key))
      complain(reading, [...path, key], `is unknown; known are ${allowed.join(', ')}`)
  }
  return value as Record<string, unknown> // an object from YAML, not an array, so its keys are strings
}

function complain(reading: Reading, path: Path, message: string): void {
  reading.problems.push(`${placeOf(reading, path)}: ${path.join('.') || 'the file'} ${message}`)
}

function placeOf({ file, document, lines }: Reading, path: Path): string {
  const node = document.getIn(withNumbers(document, path), true) as { readonly range?: readonly number[] } | undefined
  const { line, col } = lines.linePos(node?.range?.[0] ?? 0)
  return `${file}:${line}:${col}`
}

/** YAML reads the key `63:` as a number, JavaScript objects have strings: finds the key that the document has. */
function withNumbers(document: Document, path: Path): Path {
  return path.map((key, index) => {
    const number = Number(key)
    const before = path.slice(0, index)
    return !document.hasIn([...before, key]) && document.hasIn([...before, number]) ? number : key
  })
}
