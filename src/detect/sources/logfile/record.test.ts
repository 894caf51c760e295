import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { stampOf, textStart } from './record.ts'

const now = Date.parse('2026-01-02T03:04:05Z')
const textOf = (line: string): string =>
  Buffer.from(line)
    .subarray(textStart(Buffer.from(line)))
    .toString()
const iso = (line: string): string => {
  const at = stampOf(Buffer.from(line), now)
  return Number.isNaN(at) ? 'none' : new Date(at).toISOString()
}

describe('a line of a log file', () => {
  it('begins behind the head of the container runtime, and nowhere else', () => {
    assert.equal(textOf('2026-01-02T03:04:05.1Z stderr F E0102 bad'), 'E0102 bad')
    assert.equal(textOf('2026-01-02T03:04:05.123456789+01:00 stdout P part'), 'part')
    for (const line of ['2026-01-02T03:04:05Z error bad', '2 of 3', '', '{"msg":"x"}']) assert.equal(textOf(line), line)
  })

  it('tells its time in the forms of runtimes, zap, logrus and syslog', () => {
    const lines: readonly (readonly [string, string])[] = [
      ['2026-01-02T03:04:05.1Z stderr F E0102 bad', '2026-01-02T03:04:05.100Z'],
      ['{"level":"error","ts":"2026-01-02T03:04:05.678Z","msg":"x"}', '2026-01-02T03:04:05.678Z'],
      ['time="2026-01-02T04:04:05+01:00" level=error msg="x"', '2026-01-02T03:04:05.000Z'],
      ['2026-01-02 03:04:05.000Z x', '2026-01-02T03:04:05.000Z'],
      ['Jan  2 03:04:01 n1 CROND[1]: x', '2026-01-02T03:04:01.000Z'],
      ['Dec 31 23:59:59 n1 x', '2025-12-31T23:59:59.000Z'],
      ['no time', 'none'],
      ['Foo  2 03:04:01 x', 'none'],
    ]
    for (const [line, at] of lines) assert.equal(iso(line), at, line)
  })
})
