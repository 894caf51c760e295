import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { follow, growthOf, type Trail } from './growth.ts'

const windowMs = 60_000

/** The trail of one counter that is looked at each ten seconds. */
function trailOf(counts: readonly number[]): Trail {
  return counts.reduce<Trail | undefined>(
    (before, errors, n) => follow({ errors }, n * 10_000, windowMs, before),
    undefined,
  ) as Trail // every test gives at least one count
}
const growth = (...counts: readonly number[]) => growthOf(trailOf(counts), 'errors', windowMs)

describe('growth', () => {
  it('is unknown at the first look, whatever the counter says', () => {
    assert.deepEqual(growth(1_000_000), { amount: 0, overMs: 0, tentative: true })
  })

  it('is about the window alone', () => {
    assert.deepEqual(growth(0, 5, 5, 5, 5, 5, 7), { amount: 7, overMs: 60_000, tentative: false })
    assert.deepEqual(growth(0, 5, 5, 5, 5, 5, 7, 7), { amount: 2, overMs: 60_000, tentative: false })
  })

  it('is tentative while the trail is shorter than the window', () => {
    assert.deepEqual(growth(10, 12), { amount: 2, overMs: 10_000, tentative: true })
  })

  it('counts from 0 after a reset', () => {
    assert.equal(growth(100, 3, 4).amount, 4)
  })

  it('is never negative, never more than the sum of all increases, and keeps no more points than the window has', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000), { minLength: 1, maxLength: 40 }), (counts) => {
        const trail = trailOf(counts)
        const { amount } = growthOf(trail, 'errors', windowMs)
        const most = counts.slice(1).reduce((sum, count, n) => {
          const last = counts[n] ?? 0
          return sum + (count < last ? count : count - last)
        }, 0)
        return amount >= 0 && amount <= most && trail.past.length <= windowMs / 10_000 + 1
      }),
    )
  })
})
