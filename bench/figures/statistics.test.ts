import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { median, percentile, round, summarise } from './statistics.ts'

test('percentiles are values that were measured, by nearest rank', () => {
  const values = [40, 10, 30, 20]
  assert.equal(percentile(values, 50), 20)
  assert.equal(percentile(values, 51), 30)
  assert.equal(percentile(values, 99), 40)
  assert.equal(percentile(values, 0), 10)
  assert.equal(median([3]), 3)
  assert.deepEqual(summarise(values), { p50: 20, p90: 40, p99: 40, max: 40, tries: 4 })
})

test('of 200 tries, p99 leaves out the two worst', () => {
  const values = Array.from({ length: 200 }, (_, index) => index + 1)
  assert.equal(summarise(values).p99, 198)
})

test('a figure about nothing is refused', () => {
  assert.throws(() => summarise([]), RangeError)
})

test('at least the asked share of values is at or below a percentile', () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 1 }), fc.integer({ min: 1, max: 100 }), (values, percent) => {
      const limit = percentile(values, percent)
      const covered = values.filter((value) => value <= limit).length
      return covered * 100 >= percent * values.length && values.includes(limit)
    }),
  )
})

test('round keeps the digits asked for', () => {
  assert.equal(round(1.23456, 2), 1.23)
  assert.equal(round(41.6, 0), 42)
})
