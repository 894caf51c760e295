/** The schedule against a clock that is read minute by minute. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readCron } from './cron.ts'
import { readSchedule } from './schedule.ts'
import { windowState } from './window.ts'
import { offsetsOf } from './zone.ts'

const minute = 60_000
const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/St_Johns',
  'Asia/Kolkata',
  'Asia/Seoul',
  'Africa/Cairo',
  'Africa/Casablanca',
  'Australia/Lord_Howe',
  'America/Sao_Paulo',
  'Pacific/Apia',
]

const minutes = fc.constantFrom('0', '30', '*/20', '15-45/15', '59', '*')
const hours = fc.constantFrom('*', '2', '0', '1-3', '23', '*/6', '9-17')
const days = fc.constantFrom('*', '1', '29-31', '*/2')
const months = fc.constantFrom('*', 'mar,apr,oct,nov', '3')
const weekdays = fc.constantFrom('*', 'sun', 'mon-fri', '*/3')
const cron = fc.tuple(minutes, hours, days, months, weekdays).map((fields) => fields.join(' '))
const zone = fc.constantFrom(...zones)
/** Around the changes of the clock, and anywhere. */
const start = fc
  .oneof(
    fc
      .constantFrom('2026-03-08', '2026-03-29', '2026-04-05', '2026-04-23', '2026-10-04', '2026-10-25', '2026-11-01')
      .map((day) => Date.parse(`${day}T00:00:00Z`)),
    fc
      .integer({ min: Date.parse('2025-01-01') / minute, max: Date.parse('2028-12-31') / minute })
      .map((at) => at * minute),
  )
  .chain((at) => fc.integer({ min: -1440, max: 1440 }).map((shift) => at + shift * minute))

const offsets = new Map(zones.map((one) => [one, offsetsOf(one)]))

/** True at each minute at which the clock shows a fitting time, or has just jumped over one. */
function hitsAt(text: string, timeZone: string, ms: number): boolean {
  const read = readCron(text)
  const offsetAt = offsets.get(timeZone)
  assert.ok('fields' in read && offsetAt)
  const { fields } = read
  const fits = (local: number): boolean => {
    const date = new Date(local)
    const inMonth = fields.days.has(date.getUTCDate())
    const inWeek = fields.weekdays.has(date.getUTCDay())
    const inDay = fields.bothDays ? inMonth && inWeek : inMonth || inWeek
    return (
      inDay &&
      fields.months.has(date.getUTCMonth() + 1) &&
      fields.hours.includes(date.getUTCHours()) &&
      fields.minutes.includes(date.getUTCMinutes())
    )
  }
  const before = ms - minute + offsetAt(ms - minute)
  const shown = ms + offsetAt(ms)
  if (fits(shown)) return true
  for (let skipped = before + minute; skipped < shown; skipped += minute) if (fits(skipped)) return true
  return false
}

test('the next hit is the first minute whose clock fits, and none is left out', () => {
  fc.assert(
    fc.property(cron, zone, start, (text, timeZone, from) => {
      const read = readSchedule(text, timeZone)
      assert.ok('schedule' in read)
      const next = read.schedule.next(from) ?? Number.POSITIVE_INFINITY
      const end = Math.min(next, from + 1500 * minute)
      for (let at = from + minute; at < end; at += minute)
        assert.ok(!hitsAt(text, timeZone, at), new Date(at).toISOString())
      if (next <= end) assert.ok(hitsAt(text, timeZone, next))
    }),
    { numRuns: 60 },
  )
})

test('a window is open exactly when a hit lies within its duration, and says when that changes', () => {
  fc.assert(
    fc.property(cron, zone, start, fc.integer({ min: 1, max: 600 }), (text, timeZone, now, length) => {
      const read = readSchedule(text, timeZone)
      assert.ok('schedule' in read)
      const { schedule } = read
      const window = { schedule, durationMs: length * minute }
      const open = (at: number): boolean => {
        const hit = schedule.next(at - window.durationMs)
        return hit !== undefined && hit <= at
      }
      const state = windowState(window, now)
      assert.equal(state.open, open(now))
      const { changesAt } = state
      if (changesAt === undefined) return
      assert.ok(changesAt > now)
      assert.equal(open(changesAt), !state.open)
      const step = Math.max(minute, Math.floor((changesAt - now) / 50 / minute) * minute)
      for (let at = now; at < changesAt; at += step) assert.equal(open(at), state.open)
    }),
    { numRuns: 200 },
  )
})
