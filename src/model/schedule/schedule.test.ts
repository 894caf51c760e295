import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readSchedule, type Schedule } from './schedule.ts'
import { windowState } from './window.ts'

function given(text: string, timeZone?: string): Schedule {
  const read = readSchedule(text, timeZone)
  assert.ok('schedule' in read, 'trouble' in read ? read.trouble : '')
  return read.schedule
}

/** The first `count` hits after `from`, without seconds. */
function hits(text: string, timeZone: string, from: string, count: number): readonly string[] {
  const schedule = given(text, timeZone)
  const found: string[] = []
  let at = Date.parse(from)
  while (found.length < count) {
    const next = schedule.next(at)
    if (next === undefined) break
    found.push(`${new Date(next).toISOString().slice(0, 16)}Z`)
    at = next
  }
  return found
}

const hour = 3_600_000

function stateAt(text: string, timeZone: string, durationMs: number, now: string): string {
  const { open, changesAt } = windowState({ schedule: given(text, timeZone), durationMs }, Date.parse(now))
  const when = changesAt === undefined ? 'never' : `${new Date(changesAt).toISOString().slice(0, 16)}Z`
  return `${open ? 'open' : 'closed'} until ${when}`
}

describe('hits', () => {
  test('come after the moment that is asked about, in UTC where no zone is named', () => {
    assert.equal(given('0 9 * * *').timeZone, 'UTC')
    assert.deepEqual(hits('0 9 * * *', 'UTC', '2026-03-01T09:00:00Z', 1), ['2026-03-02T09:00Z'])
    assert.deepEqual(hits('0 9 * * *', 'UTC', '2026-03-01T08:59:59.999Z', 1), ['2026-03-01T09:00Z'])
  })

  test('are those of the zone’s clock, with half hours and the other side of the date line', () => {
    assert.deepEqual(hits('0 9 * * mon', 'Asia/Seoul', '2026-03-01T00:00:00Z', 1), ['2026-03-02T00:00Z'])
    assert.deepEqual(hits('0 9 * * *', 'Asia/Kolkata', '2026-03-01T00:00:00Z', 1), ['2026-03-01T03:30Z'])
    assert.deepEqual(hits('0 0 1 * *', 'Pacific/Kiritimati', '2026-02-27T00:00:00Z', 1), ['2026-02-28T10:00Z'])
  })

  test('either day field suffices where both restrict', () => {
    const days = hits('0 0 13 * fri', 'UTC', '2026-03-01T00:00:00Z', 4).map((one) => one.slice(8, 10))
    assert.deepEqual(days, ['06', '13', '20', '27'])
  })

  test('29 February is found, 30 February never', () => {
    assert.deepEqual(hits('0 0 29 2 *', 'UTC', '2026-01-01T00:00:00Z', 1), ['2028-02-29T00:00Z'])
    assert.deepEqual(hits('0 0 30 2 *', 'America/New_York', '2026-01-01T00:00:00Z', 1), [])
  })

  test('the clock goes forward: a skipped time hits at the change, once', () => {
    const from = '2026-03-28T12:00:00Z'
    assert.deepEqual(hits('30 2 * * *', 'Europe/Berlin', from, 2), ['2026-03-29T01:00Z', '2026-03-30T00:30Z'])
    assert.deepEqual(hits('*/30 2 * * *', 'Europe/Berlin', from, 2), ['2026-03-29T01:00Z', '2026-03-30T00:00Z'])
    assert.deepEqual(hits('0 3 * * *', 'Europe/Berlin', from, 1), ['2026-03-29T01:00Z'])
    assert.deepEqual(hits('0 * * * *', 'Europe/Berlin', '2026-03-28T23:30:00Z', 3), [
      '2026-03-29T00:00Z',
      '2026-03-29T01:00Z',
      '2026-03-29T02:00Z',
    ])
  })

  test('the clock goes forward at midnight: the day still begins', () => {
    // Cairo skips 00:00 to 01:00 on the last Friday of April.
    assert.deepEqual(hits('@daily', 'Africa/Cairo', '2026-04-22T22:00:00Z', 2), [
      '2026-04-23T22:00Z',
      '2026-04-24T21:00Z',
    ])
  })

  test('the clock goes back: a time that it shows twice hits twice', () => {
    const from = '2026-10-24T12:00:00Z'
    assert.deepEqual(hits('30 2 * * *', 'Europe/Berlin', from, 3), [
      '2026-10-25T00:30Z',
      '2026-10-25T01:30Z',
      '2026-10-26T01:30Z',
    ])
    assert.deepEqual(hits('0 * * * *', 'Europe/Berlin', '2026-10-24T23:30:00Z', 3), [
      '2026-10-25T00:00Z',
      '2026-10-25T01:00Z',
      '2026-10-25T02:00Z',
    ])
  })

  test('the clock goes by half an hour on Lord Howe Island', () => {
    assert.deepEqual(hits('15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T00:00:00Z', 2), [
      '2026-10-03T15:30Z',
      '2026-10-04T15:15Z',
    ])
  })
})

describe('windows', () => {
  test('open at a hit, and closed when the duration is over', () => {
    const at = (now: string): string => stateAt('0 22 * * *', 'UTC', 2 * hour, now)
    assert.equal(at('2026-03-01T21:59:59Z'), 'closed until 2026-03-01T22:00Z')
    assert.equal(at('2026-03-01T22:00:00Z'), 'open until 2026-03-02T00:00Z')
    assert.equal(at('2026-03-01T23:59:59Z'), 'open until 2026-03-02T00:00Z')
    assert.equal(at('2026-03-02T00:00:00Z'), 'closed until 2026-03-02T22:00Z')
  })

  test('hits within the duration make one window', () => {
    assert.equal(stateAt('*/15 9-10 * * *', 'UTC', 20 * 60_000, '2026-03-01T09:20:00Z'), 'open until 2026-03-01T11:05Z')
  })

  test('as long as the time between two hits it never closes', () => {
    assert.equal(stateAt('@hourly', 'UTC', hour, '2026-03-01T09:20:00Z'), 'open until never')
    assert.equal(stateAt('@daily', 'UTC', 48 * hour, '2026-03-01T09:20:00Z'), 'open until never')
  })

  test('Karpenter’s rows: @daily for 30m at midnight of UTC+1, @yearly for 24h at noon of 1 January', () => {
    assert.equal(stateAt('@daily', 'UTC', hour / 2, '2026-03-01T23:00:00Z'), 'closed until 2026-03-02T00:00Z')
    assert.equal(stateAt('@yearly', 'UTC', 24 * hour, '2026-01-01T12:00:00Z'), 'open until 2026-01-02T00:00Z')
  })

  test('without a hit it is closed for good', () => {
    assert.equal(stateAt('0 0 31 4 *', 'UTC', hour, '2026-03-01T23:00:00Z'), 'closed until never')
  })

  test('over both changes of the clock a night of 23:00 for 4h is four hours long', () => {
    assert.equal(
      stateAt('0 23 * * *', 'Europe/Berlin', 4 * hour, '2026-03-29T01:30:00Z'),
      'open until 2026-03-29T02:00Z',
    )
    assert.equal(
      stateAt('0 23 * * *', 'Europe/Berlin', 4 * hour, '2026-10-25T00:30:00Z'),
      'open until 2026-10-25T01:00Z',
    )
  })
})

describe('time zones', () => {
  for (const zone of ['Mars/Olympus', 'CEST2', '+02:00', 'Europe/Berlin ', '', '../etc/passwd']) {
    test(`${JSON.stringify(zone)} is refused`, () => {
      const read = readSchedule('@daily', zone)
      assert.ok('trouble' in read && read.part === 'timeZone' && read.trouble.includes('IANA name'))
    })
  }
})
