import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatDuration, parseDuration } from './duration.ts'

test('reads common notations and refuses others', () => {
  assert.equal(parseDuration('1h30m'), 5_400_000)
  assert.equal(parseDuration('250ms'), 250)
  assert.equal(parseDuration('1.5s'), 1500)
  for (const wrong of ['', '10', 'm', '10 m', '-1s', '1w']) assert.equal(parseDuration(wrong), undefined)
})

test('a formatted duration parses to the same value', () => {
  fc.assert(fc.property(fc.nat(10_000_000_000), (ms) => parseDuration(formatDuration(ms)) === ms))
})
