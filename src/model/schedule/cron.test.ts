import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readCron } from './cron.ts'

/** What each field came to, as sorted numbers. */
function read(text: string) {
  const cron = readCron(text)
  assert.ok('fields' in cron, `${text}: ${'trouble' in cron ? cron.trouble : ''}`)
  const { minutes, hours, days, months, weekdays, bothDays } = cron.fields
  const list = (values: Iterable<number>): readonly number[] => [...values].sort((a, b) => a - b)
  return { minutes, hours, days: list(days), months: list(months), weekdays: list(weekdays), bothDays }
}

function troubleOf(text: string): string {
  const cron = readCron(text)
  return 'trouble' in cron ? cron.trouble : `read: ${text}`
}

describe('cron expressions', () => {
  test('lists, ranges, steps and names', () => {
    assert.deepEqual(read('0,30 9-17/4 1 jan,MAR mon-Wed'), {
      minutes: [0, 30],
      hours: [9, 13, 17],
      days: [1],
      months: [1, 3],
      weekdays: [1, 2, 3],
      bothDays: false,
    })
  })

  test('a step after a single number runs to the end of the field', () => {
    assert.deepEqual(read('5/20 * * * *').minutes, [5, 25, 45])
  })

  test('a step larger than the field leaves its first value', () => {
    assert.deepEqual(read('*/90 * * * *').minutes, [0])
  })

  test('? is *', () => {
    assert.deepEqual(read('0 0 ? * ?'), read('0 0 * * *'))
  })

  test('a day must fit both day fields where one is *, either where both restrict', () => {
    assert.equal(read('0 0 * * mon').bothDays, true)
    assert.equal(read('0 0 13 * *').bothDays, true)
    assert.equal(read('0 0 13 * fri').bothDays, false)
    assert.equal(read('0 0 */2 * fri').bothDays, false, 'a step restricts, as in robfig/cron')
    assert.equal(read('0 0 */1 * fri').bothDays, true)
  })

  test('macros', () => {
    for (const [macro, text] of [
      ['@yearly', '0 0 1 1 *'],
      ['@annually', '0 0 1 1 *'],
      ['@monthly', '0 0 1 * *'],
      ['@weekly', '0 0 * * 0'],
      ['@daily', '0 0 * * *'],
      ['@midnight', '0 0 * * *'],
      ['@hourly', '0 * * * *'],
    ] as const) {
      assert.deepEqual(read(macro), read(text))
    }
  })

  for (const [text, says] of [
    ['0 0 * * tue-mon', 'the day of the week "tue-mon" ends before it begins'],
    ['0 0 * * 7', 'the day of the week "7" is outside of 0 to 6'],
    ['60 * * * *', 'the minute "60" is outside of 0 to 59'],
    ['0 24 * * *', 'the hour "24" is outside of 0 to 23'],
    ['0 0 0 * *', 'the day of the month "0" is outside of 1 to 31'],
    ['0 0 32 * *', 'the day of the month "32" is outside of 1 to 31'],
    ['0 0 * 13 *', 'the month "13" is outside of 1 to 12'],
    ['*/0 * * * *', 'the minute "*/0" has a step of 0'],
    ['*/x * * * *', 'the minute "*/x" has x for a number'],
    ['1/2/3 * * * *', 'the minute "1/2/3" has more than one step'],
    ['1-2-3 * * * *', 'the minute "1-2-3" has more than one hyphen'],
    ['1, * * * *', 'the minute "" has nothing for a number'],
    ['-1 * * * *', 'the minute "-1" has nothing for a number'],
    ['jan * * * *', 'the minute "jan" has jan for a number'],
    ['0 0 L * *', 'the day of the month "L" has L for a number'],
    ['0 0 * * 1#1', 'the day of the week "1#1" has 1#1 for a number'],
    ['* * * *', 'write five fields'],
    ['0 * * * * *', 'write five fields'],
    ['', 'write five fields'],
    ['TZ=Asia/Seoul 0 0 * * *', 'write five fields'],
    ['@every 1h', '@every 1h is no macro'],
    ['@DAILY', '@DAILY is no macro'],
    ['@reboot', '@reboot is no macro'],
  ] as const) {
    test(`${JSON.stringify(text)} is refused`, () => {
      assert.ok(troubleOf(text).startsWith(says), troubleOf(text))
    })
  }
})
