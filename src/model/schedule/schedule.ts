/**
 * When a cron expression hits, in any time zone. A hit is each minute in which the zone's clock shows a time that fits: twice
 * where the clock goes back over it. A time that the clock skips hits at the moment of the change, so that no day loses its
 * window. docs/adr/0047-schedules.md.
 */
import { type CronFields, readCron } from './cron.ts'
import { type OffsetAt, offsetsOf } from './zone.ts'

export interface Schedule {
  /** As it was written. */
  readonly text: string
  /** IANA name. */
  readonly timeZone: string
  /** The first hit after `ms`; undefined when there is none within five years. UTC milliseconds. */
  next(ms: number): number | undefined
}

export type ReadSchedule =
  | { readonly schedule: Schedule }
  | { readonly trouble: string; readonly part: 'schedule' | 'timeZone' }

const minute = 60_000
const day = 1440 * minute
/** As far as robfig/cron looks: 29 February comes within it, 30 February never. */
const horizon = 5 * 366 * day

/** Reads a cron expression or macro for a time zone. */
export function readSchedule(text: string, timeZone = 'UTC'): ReadSchedule {
  const offsetAt = offsetsOf(timeZone)
  if (!offsetAt) {
    return { part: 'timeZone', trouble: 'no time zone has this name; write an IANA name such as Europe/Berlin, or UTC' }
  }
  const read = readCron(text)
  if ('trouble' in read) return { part: 'schedule', trouble: read.trouble }
  return { schedule: { text, timeZone, next: (ms) => nextHit(read.fields, offsetAt, ms) } }
}

/** Goes from one change of the offset to the next: between them local time runs as UTC does. */
function nextHit(fields: CronFields, offsetAt: OffsetAt, after: number): number | undefined {
  let from = Math.floor(after / minute) * minute + minute
  const end = from + horizon
  let local: number | undefined // the next fitting wall-clock time, while the offset stays
  while (from < end) {
    const offset = offsetAt(from)
    local ??= nextFit(fields, from + offset, end + offset)
    const until = Math.floor(from / day) * day + day // the same moments at each question: their offsets are kept
    const found = local - offset
    const to = Math.min(found, until)
    if (offsetAt(to) === offset) {
      if (found <= until) return found
      from = until
      continue
    }
    const change = firstOfNewOffset(offsetAt, from, to)
    if (found < change) return found
    const skippedTo = change + offsetAt(change)
    if (local < skippedTo) return change
    from = change
    local = undefined
  }
  return undefined
}

/** The first minute after `from` with another offset; `to` has one. */
function firstOfNewOffset(offsetAt: OffsetAt, from: number, to: number): number {
  const offset = offsetAt(from)
  let before = from
  let since = to
  while (since - before > minute) {
    const middle = before + Math.floor((since - before) / 2 / minute) * minute
    if (offsetAt(middle) === offset) before = middle
    else since = middle
  }
  return since
}

/** The first fitting minute at or after `from`, both as a wall clock shows them; infinite when it comes after `end`. */
function nextFit({ minutes, hours, ...days }: CronFields, from: number, end: number): number {
  for (let midnight = Math.floor(from / day) * day; midnight <= end; midnight += day) {
    if (!fitsDay(days, new Date(midnight))) continue
    for (const hour of hours) {
      const top = midnight + hour * 60 * minute
      if (top + 59 * minute < from) continue
      const found = minutes.find((one) => top + one * minute >= from)
      if (found !== undefined) return top + found * minute
    }
  }
  return Number.POSITIVE_INFINITY
}

function fitsDay({ days, months, weekdays, bothDays }: Omit<CronFields, 'minutes' | 'hours'>, date: Date): boolean {
  if (!months.has(date.getUTCMonth() + 1)) return false
  const inMonth = days.has(date.getUTCDate())
  const inWeek = weekdays.has(date.getUTCDay())
  return bothDays ? inMonth && inWeek : inMonth || inWeek
}
