/**
 * Time stamps for logs and the API. Not `Date.prototype.toISOString`, whose first use makes V8 load ICU's time zones: 0.9 MB
 * on every node (docs/adr/0004-agent-footprint.md).
 */

const dayMs = 86_400_000
/** Days from 1 March of the year 0 to 1970: a year that starts in March has its leap day last. */
const daysBeforeEpoch = 719_468
const daysPerEra = 146_097 // 400 years

/** `2026-01-01T00:00:00.000Z` for milliseconds since the Unix epoch, of the years 0 to 9999. */
export function rfc3339(ms: number): string {
  const day = Math.floor(ms / dayMs)
  const rest = Math.floor(ms) - day * dayMs
  const time = `${two(rest / 3_600_000)}:${two((rest / 60_000) % 60)}:${two((rest / 1000) % 60)}`
  return `${dateOf(day)}T${time}.${String(rest % 1000).padStart(3, '0')}Z`
}

/** The same in whole seconds, cut: all that metav1.Time holds. */
export function rfc3339Seconds(ms: number): string {
  return `${rfc3339(ms).slice(0, 19)}Z`
}

/** The Gregorian date, by Hinnant's days-to-civil algorithm. */
function dateOf(day: number): string {
  const days = day + daysBeforeEpoch
  const era = Math.floor(days / daysPerEra)
  const inEra = days - era * daysPerEra
  const leaps = Math.floor(inEra / 1460) - Math.floor(inEra / 36_524) + Math.floor(inEra / 146_096)
  const yearInEra = Math.floor((inEra - leaps) / 365)
  const inYear = inEra - (365 * yearInEra + Math.floor(yearInEra / 4) - Math.floor(yearInEra / 100))
  const marchMonth = Math.floor((5 * inYear + 2) / 153) // 0 is March
  const dayOfMonth = inYear - Math.floor((153 * marchMonth + 2) / 5) + 1
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
  const year = yearInEra + era * 400 + (month <= 2 ? 1 : 0)
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(dayOfMonth)}`
}

function two(value: number): string {
  return String(Math.floor(value)).padStart(2, '0')
}
