/**
 * Compiles the catalogue to a matcher. The first matching rule decides a line's meaning, in catalogue order: users'
 * packs, then the shipped files from the specific (accelerators) to the general (kernel). One line has one meaning.
 */

import { RE2JS } from 're2js'
import type { CompiledCatalogue, CompiledReason, CompiledRule } from '../../catalog/compiled.ts'
import type { LogName } from '../../model/evidence.ts'
import type { Match } from '../../model/finding.ts'
import { questioned } from '../../model/shown.ts'
import type { Decoders } from '../decode/decoder.ts'
import { type IsDetachable, isDetachableByName } from '../host/block-devices.ts'
import type { Matcher, Matchers } from './matcher.ts'
import { buildPrefilter } from './prefilter.ts'
import { textForm } from './text-form.ts'

/** Patterns see at most this many bytes of a line. A kernel record has at most 1 KiB; journald cuts at 48 KiB. */
export const longestLine = 8192

const nothing: readonly Match[] = []

/**
 * Compiles `catalogue`, one matcher per log. Throws TypeError for a rule with an unknown reason or decoder.
 * `isDetachable` is called for devices of this machine; by default, as for logs of other machines, the name decides.
 */
export function compileMatchers(
  catalogue: CompiledCatalogue,
  decoders: Decoders,
  isDetachable: IsDetachable = isDetachableByName,
): Matchers {
  const reasons = new Map(catalogue.reasons.map((one) => [one.reason, one]))
  const reading: Reading = { reasons, decoders, catalogue, isDetachable }
  for (const rule of catalogue.rules) checkRule(rule, reading)
  const made = new Map<LogName, Matcher>()
  return {
    rules: catalogue.rules.length,
    of(log) {
      const known = made.get(log)
      if (known) return known
      const own = catalogue.rules.filter((rule) => rule.source === log)
      // No line of the kernel is JSON.
      const matcher = matcherOf(own, reading, log === 'kmsg' ? (line) => line : textForm)
      made.set(log, matcher)
      return matcher
    },
  }
}

function matcherOf(rules: readonly CompiledRule[], reading: Reading, form: (line: string) => string): Matcher {
  const tries = rules.map((rule) => tryOf(rule, reading))
  const { literals, rulesOf } = literalIndex(rules)
  const prefilter = buildPrefilter(literals)
  const wanted = new Uint8Array(rules.length)
  const candidates: number[] = []

  const matchBytes = (bytes: Uint8Array, start: number, end: number, origins?: readonly string[]): readonly Match[] => {
    const stop = Math.min(end, start + longestLine)
    const found = prefilter.find(bytes, start, stop)
    if (found.length === 0) return nothing
    for (const literal of found) {
      for (const rule of rulesOf[literal] ?? []) {
        if (wanted[rule] === 0) candidates.push(rule)
        wanted[rule] = 1
      }
    }
    for (const rule of candidates) wanted[rule] = 0
    candidates.sort((a, b) => a - b)
    const text = form(Buffer.from(bytes.buffer, bytes.byteOffset + start, stop - start).toString('utf8'))
    let match: Match | undefined
    for (const rule of candidates) {
      match = tries[rule]?.(text, origins)
      if (match) break
    }
    candidates.length = 0
    return match ? [match] : nothing
  }
  return {
    tables: prefilter.tables,
    matchBytes,
    matchText: (text, origins) => {
      const bytes = Buffer.from(text)
      return matchBytes(bytes, 0, bytes.length, origins)
    },
  }
}

/** Searches equal literals of different rules only once. */
function literalIndex(rules: readonly CompiledRule[]) {
  const numbers = new Map<string, number>()
  const rulesOf: number[][] = []
  rules.forEach((rule, index) => {
    for (const literal of rule.contains) {
      const key = literal.toLowerCase()
      const number = numbers.get(key) ?? numbers.size
      numbers.set(key, number)
      const list = rulesOf[number] ?? []
      list.push(index)
      rulesOf[number] = list
    }
  })
  return { literals: [...numbers.keys()], rulesOf }
}

type Try = (text: string, origins?: readonly string[]) => Match | undefined

/** What rules are resolved against. */
interface Reading {
  readonly reasons: ReadonlyMap<string, CompiledReason>
  readonly decoders: Decoders
  readonly catalogue: CompiledCatalogue
  readonly isDetachable: IsDetachable
}

/** Returns the rule's reason; throws TypeError for an invalid rule. */
function checkRule(rule: CompiledRule, { reasons, decoders }: Reading): CompiledReason {
  const reason = reasons.get(rule.reason)
  if (!reason) throw new TypeError(`rule ${rule.name} names the reason ${rule.reason}, which does not exist`)
  if (rule.decode !== undefined && !decoders[rule.decode]) {
    throw new TypeError(`rule ${rule.name} names the decoder ${rule.decode}, which does not exist`)
  }
  return reason
}

function tryOf(rule: CompiledRule, reading: Reading): Try {
  const reason = checkRule(rule, reading)
  const read = rule.decode === undefined ? patternTry(rule, reason, reading) : decoderTry(rule, reason, reading)
  const { unless, units, files } = rule
  const wanted = units ?? files
  if (unless.length === 0 && !wanted) return read
  return (text, origins) => {
    if (wanted && !origins?.some((one) => wanted.includes(one))) return undefined
    return unless.some((literal) => text.includes(literal)) ? undefined : read(text)
  }
}

function decoderTry(rule: CompiledRule, reason: CompiledReason, { decoders, catalogue }: Reading): Try {
  const decode = decoders[rule.decode ?? '']
  const base = baseOf(rule, reason)
  return (text) => {
    const decoded = decode?.(text, catalogue.tables)
    return decoded && { ...base, ...decoded }
  }
}

function patternTry(rule: CompiledRule, reason: CompiledReason, { isDetachable }: Reading): Try {
  const base = baseOf(rule, reason)
  let pattern: RE2JS | undefined // compiled at the first candidate line, because most rules never have one
  return (text) => {
    pattern ??= RE2JS.compile(rule.pattern ?? '')
    const matcher = pattern.matcher(text)
    if (!matcher.find()) return undefined
    const groups = matcher.getNamedGroups()
    const message = rule.message === undefined ? questioned(text).trim() : sentence(fill(rule.message, groups))
    const device = deviceOf(rule.device ?? '', groups).toLowerCase()
    const code = rule.code === undefined ? '' : fill(rule.code, groups)
    const match = { ...base, message, ...(device !== '' && { device }), ...(code !== '' && { code: numeric(code) }) }
    if (rule.detachable === undefined || !isDetachable(device)) return match
    return { ...match, severity: rule.detachable, message: `${message} (a device that is not part of the machine)` }
  }
}

function baseOf(rule: CompiledRule, reason: CompiledReason): Omit<Match, 'message'> {
  return {
    rule: rule.name,
    reason: reason.reason,
    entry: reason.reason,
    condition: reason.condition,
    severity: rule.recovery ? 'info' : (rule.severity ?? reason.severity),
    scope: rule.scope ?? reason.scope,
    family: rule.family ?? reason.family,
    ...(rule.group !== undefined && { group: rule.group }),
    ...(rule.recovery && { recovery: true }),
  }
}

function numeric(code: string): number | string {
  return /^\d{1,15}$/.test(code) ? Number(code) : code
}

/** Returns an empty text when none of the template's groups matched, because `nd{nd}` without a number is no device. */
function deviceOf(template: string, groups: Readonly<Record<string, string | null>>): string {
  const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  return names.length > 0 && names.every((name) => !groups[name]) ? '' : fill(template, groups)
}

/**
 * Replaces `{name}` by the group's text, and `{name|other words}` by the other words where the group did not match; else
 * also removes the space before it. Removes control characters, which could affect terminals.
 */
function fill(template: string, groups: Readonly<Record<string, string | null>>): string {
  const text = template.replace(/\{(\w+)(?:\|([^}]*))?\}/g, (_whole, name: string, other = '') => groups[name] || other)
  return questioned(text)
    .replace(/ {2,}/g, ' ')
    .replace(/ (?=[,:;])/g, '')
    .trim()
}

/** `text` without the signs that are left at its ends where groups did not match. */
function sentence(text: string): string {
  return text.replace(/^[,:; ]+|[,:; ]+$/g, '')
}
