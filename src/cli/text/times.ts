/** Times for people: the clock time in UTC, and how far away it is, so that what has passed is not read as to come. */
import { type Shown, shownText } from '../../model/shown.ts'

const stamp = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g
const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** `12 s`, `3 min`, `2 h 5 min`, `4 d`: rounded down. */
export function spanText(ms: number): string {
  if (ms < minute) return `${Math.floor(ms / 1000)} s`
  if (ms < hour) return `${Math.floor(ms / minute)} min`
  const minutes = Math.floor((ms % hour) / minute)
  if (ms < day) return `${Math.floor(ms / hour)} h${minutes > 0 ? ` ${minutes} min` : ''}`
  return `${Math.floor(ms / day)} d`
}

/** `18:06 UTC`; with its date where that is another day than today. */
export function clockText(ms: number, now: number): string {
  const text = new Date(ms).toISOString()
  const date = text.slice(0, 10) === new Date(now).toISOString().slice(0, 10) ? '' : `${text.slice(0, 10)} `
  return `${date}${text.slice(11, 16)} UTC`
}

/** `18:06 UTC (in 12 min)` or `17:50 UTC (3 min ago)`. */
export function timeText(ms: number, now: number): string {
  const far = ms > now ? `in ${spanText(ms - now)}` : `${spanText(now - ms)} ago`
  return `${clockText(ms, now)} (${far})`
}

/** What an API's text says, with each of its RFC 3339 times for people. */
export function told(text: string, now: number, most?: number): Shown {
  return shownText(
    text.replace(stamp, (found) => timeText(Date.parse(found), now)),
    most,
  )
}

/** How long ago a time of the API was; `-` where it is none. */
export function agoText(text: string, now: number): Shown {
  const ms = Date.parse(text)
  return shownText(Number.isNaN(ms) ? '-' : ms > now ? timeText(ms, now) : `${spanText(now - ms)} ago`)
}
