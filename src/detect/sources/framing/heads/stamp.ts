/**
 * Times of the day in front of a message, in any form and language. They are known by their structure: a clock, and words
 * and numbers around it that may belong to a date. Months and zones are looked up only to say which time it is.
 */
import type { Stamp } from '../frame.ts'

export interface FoundStamp {
  readonly stamp: Stamp
  readonly length: number
  /** Only the kernel's own tools write it so: `dmesg -T`, `dmesg --time-format iso`, Talos. */
  readonly kernel: boolean
}

const iso =
  /^([[(]?)((\d{4})([-/.])(\d\d)[-/.](\d\d)(?:[T_ ]{1,2}|, )(\d\d):(\d\d)(?::(\d\d)(?:([.,])(\d{1,9}))?)? ?(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?|[A-Z]{2,4}T(?=[\s\]:]))?)([\])]?[:,;]?)(?:\s+|(?=[["])|$)/
const epoch = /^[[(]?((1\d{9}|2[01]\d{8})(?:[.,](\d{1,9})|(\d{3}(?:\d{3}){0,2}))?)[\])]?[:,;]?\s+/
const clock =
  /(?:^|[[(\sT:@_])(\d{1,2}):(\d\d):(\d\d)(?:[.,:]\d{1,9})?(?:Z|[+-]\d\d:?\d\d|[ap]m)?(?![\w:])|\d{1,2} ?[時时시] ?\d{1,2} ?[分분] ?\d{1,2} ?[秒초]/i
/** Words and numbers before a clock: at most six, none with a colon, and none that a kernel message would begin with. */
const before =
  /^[[(]?(?:[\p{L}\p{M}\p{N}./'’·+-]{1,24}[,.)]{0,2}[ \t]{1,3}){0,6}(?:[\p{L}\p{N}./-]{4,16}[T:@_])?[[(]?$/u
/** A number in front of a date that begins with its year is none of the date. */
const numbered = /^[^\p{L}[(].*\s\d{4}-\d\d-\d\d[T ]$/u
/** Behind a clock: half of the day, zone, year, in any order. */
const after =
  /^(?: ?(?:[ap]\.?m\.?|[上下]午|午[前後]|오[전후]))?(?: (?:UTC|GMT|MSK|WIB|Z|[A-Z]{1,4}T|[+-]\d\d:?\d\d|UTC[+-]\d{1,2}|(?:19|20)\d\d)(?=[\s\]),:]|$)){0,3}(?: <[ +\d.]{1,24}>)?/i
const end = /^[\])]{0,2}[:,;]?(?:\s+|$|(?=\[))/
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const classic = /^(?:[A-Z][a-z]{2} )?([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?(?: (\d{4}))?$/

/** How far into the text a clock is looked for, characters. */
const furthestClock = 72

/** The stamp at the start of `text`. */
export function stampAt(text: string): FoundStamp | undefined {
  const first = text.charCodeAt(0)
  const digit = first >= 0x30 && first <= 0x39
  if (digit || first === 0x5b || first === 0x28) {
    const found = isoStamp(text) ?? epochStamp(text)
    if (found) return found
  }
  return wordStamp(text)
}

function isoStamp(text: string): FoundStamp | undefined {
  const found = iso.exec(text)
  if (!found) return undefined
  const [whole, open, shown = '', year, , month, day, hour, minute, second, point, fraction, zone] = found
  const at = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second ?? 0))
  const offset = offsetOf(zone)
  const ms = at - (offset ?? 0) + Math.floor(Number(`0.${fraction ?? 0}`) * 1000)
  const kernel = shown[10] === 'T' && (open === '[' || (point === ',' && zone !== undefined && open === ''))
  return { stamp: { text: shown.trim(), ...(offset !== undefined && { ms }) }, length: whole.length, kernel }
}

/** Milliseconds east of UTC; undefined for a zone that has only a name. */
function offsetOf(zone = 'Z'): number | undefined {
  const [, sign, hours, minutes = 0] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? []
  if (sign === undefined) return /^(?:Z|UTC|GMT)$/.test(zone) ? 0 : undefined
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
}

function epochStamp(text: string): FoundStamp | undefined {
  const found = epoch.exec(text)
  if (!found) return undefined
  const [whole, shown = '', seconds, fraction, more] = found
  const ms = Number(seconds) * 1000 + Math.floor(Number(`0.${fraction ?? more ?? 0}`) * 1000)
  return { stamp: { text: shown, ms }, length: whole.length, kernel: false }
}

function wordStamp(text: string): FoundStamp | undefined {
  const found = clock.exec(text.length > furthestClock ? text.slice(0, furthestClock) : text)
  if (!found) return undefined
  const start = found.index + (/^\d/.test(found[0]) ? 0 : 1)
  const front = text.slice(0, start)
  if (!before.test(front) || numbered.test(front)) return undefined
  const clockEnd = found.index + found[0].length
  const rest = text.slice(clockEnd, clockEnd + 64)
  const tail = after.exec(rest)?.[0] ?? ''
  const close = end.exec(rest.slice(tail.length))
  if (!close) return undefined
  const bracketed = text.startsWith('[')
  const shown = text.slice(bracketed ? 1 : 0, clockEnd + tail.length).replace(/ <[ +\d.]*>$/, '')
  const ms = readWords(shown)
  const kernel = bracketed && /^\[[^[\]]* \d\d?:\d\d:\d\d (?:[A-Z]{2,5} )?\d{4}(?: <[ +\d.]*>)?\]/.test(text)
  return {
    stamp: { text: shown, ...(ms !== undefined && { ms }) },
    length: clockEnd + tail.length + close[0].length,
    kernel,
  }
}

/** Only a stamp with a year and a month of a known name is a moment. */
function readWords(shown: string): number | undefined {
  const date = /(?<=^\S{1,24} )\d{4}-\d\d-\d\d .*/.exec(shown)
  if (date) return isoStamp(`${date[0]} `)?.stamp.ms
  const [, name = '', day, hour, minute, second, year] = classic.exec(shown) ?? []
  const month = months.indexOf(name.toLowerCase())
  if (month < 0 || year === undefined) return undefined
  return Date.UTC(Number(year), month, Number(day), Number(hour), Number(minute), Number(second))
}
