import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { KubeError } from '../../kube/errors.ts'
import { seededRandom } from '../../telemetry/clock.ts'
import { retryAfter } from './retry.ts'

const minute = 60_000
const gone = new KubeError('NM_KUBE_NETWORK', 'connection refused', { call: 'apply nodes/status a' })
const waits = (outageMs: number, random: () => number) =>
  retryAfter(gone, { urgent: true, refusals: 0, failures: 9, outageMs }, random)

test('L17: a change is tried within a second in the first minute, within 2 s in the second, and within 5 s for ever', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 100 * minute }),
      fc.float({ min: 0, max: 1, noNaN: true }),
      (outage, draw) => {
        const wait = waits(outage, () => draw)
        assert.ok(wait >= 250)
        assert.ok(wait <= (outage <= minute ? 1_000 : outage <= 2 * minute ? 2_000 : 5_000), `${wait} after ${outage}`)
      },
    ),
  )
})

test('L17: an outage of half an hour costs each agent one try in three seconds, not one and a half a second', () => {
  const random = seededRandom(17)
  const tries = (fromMs: number, toMs: number) => {
    let count = 0
    for (let at = fromMs; at < toMs; at += waits(at, random)) count++
    return count
  }
  const later = tries(5 * minute, 30 * minute) / (25 * 60)
  assert.ok(later > 0.25 && later < 0.4, `${later} tries a second`)
  const first = tries(0, minute) / 60
  assert.ok(first > 1.2, `${first} tries a second in the first minute`)
})

test('L17: the tries of a fleet spread over the whole range', () => {
  assert.deepEqual([waits(10 * minute, () => 0), waits(10 * minute, () => 1)], [1_250, 5_000])
})
