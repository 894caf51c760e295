import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { rfc3339, rfc3339Seconds } from './rfc3339.ts'

const year0 = Date.parse('0000-01-01T00:00:00Z')
const year9999 = Date.parse('9999-12-31T23:59:59.999Z')

describe('stamps', () => {
  it('are those of Date, for every millisecond of ten thousand years', () => {
    fc.assert(
      fc.property(fc.integer({ min: year0, max: year9999 }), (ms) => {
        assert.equal(rfc3339(ms), new Date(ms).toISOString())
      }),
      { numRuns: 2000 },
    )
  })

  it('are right around every leap day', () => {
    for (const year of [1900, 1970, 1999, 2000, 2024, 2026, 2100, 2400]) {
      for (const day of ['02-28', '03-01', '12-31', '01-01']) {
        const ms = Date.parse(`${year}-${day}T00:00:00Z`)
        for (const near of [ms - 1, ms, ms + 86_400_000]) assert.equal(rfc3339(near), new Date(near).toISOString())
      }
    }
  })

  it('in seconds are cut, not rounded; fractions of a millisecond do not matter', () => {
    assert.equal(rfc3339Seconds(Date.parse('2026-11-26T22:08:59.999Z')), '2026-11-26T22:08:59Z')
    assert.equal(rfc3339(1_000.9), '1970-01-01T00:00:01.000Z')
  })
})
