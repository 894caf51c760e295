/** Time zones: how far the wall clock of a zone is ahead of UTC, by the tz database of the JavaScript engine. */

/** Answers the milliseconds to add to a UTC instant to get the wall clock of the zone. */
export type OffsetAt = (ms: number) => number

/** IANA names alone: an offset such as `+02:00` knows no daylight saving, and means a place that it does not name. */
const zoneName = /^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/

/** Clocks change on the quarter of an hour, so one answer holds for it: asking the engine costs 8 µs. */
const quarter = 15 * 60_000
/** Some years of days, for each zone that a policy names. */
const mostKept = 4_096

/** The offsets of an IANA time zone; undefined where there is none of that name. */
export function offsetsOf(timeZone: string): OffsetAt | undefined {
  if (!zoneName.test(timeZone)) return undefined
  if (timeZone === 'UTC') return () => 0
  const format = formatFor(timeZone)
  return format && keeping((ms) => wallClock(format, ms) - ms)
}

/** Remembers the answers for whole quarters of an hour. */
function keeping(offsetAt: OffsetAt): OffsetAt {
  const kept = new Map<number, number>()
  return (ms) => {
    const since = Math.floor(ms / quarter) * quarter
    const known = kept.get(since)
    if (known !== undefined) return known
    const offset = offsetAt(since)
    if (kept.size >= mostKept) kept.clear()
    kept.set(since, offset)
    return offset
  }
}

function formatFor(timeZone: string): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  } catch (error) {
    if (error instanceof RangeError) return undefined // no zone of that name
    throw error
  }
}

/** What the clocks of the zone show, as if it were UTC. */
function wallClock(format: Intl.DateTimeFormat, ms: number): number {
  const shown = new Map(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]))
  const part = (type: Intl.DateTimeFormatPartTypes): number => shown.get(type) ?? 0
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'))
}
