import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { givenAttempt, givenNode, hour, noon } from '../testing/given.ts'
import { outdated } from './retention.ts'

test('of a node’s finished records the newest three stay, and those of seven days up to a hundred', () => {
  const node = givenNode('a')
  const ages = fc.oneof(
    fc.uniqueArray(fc.integer({ min: 0, max: 400 }), { maxLength: 30 }),
    fc.uniqueArray(fc.integer({ min: 0, max: 180 }), { minLength: 110, maxLength: 170 }),
  )
  fc.assert(
    fc.property(ages, (hoursAgo) => {
      const records = hoursAgo.map((ago) =>
        givenAttempt(node, {
          name: String(ago),
          phase: 'Failed',
          phases: [{ phase: 'Failed', at: noon - ago * hour, why: '' }],
        }),
      )
      const kept = [...hoursAgo]
        .sort((a, b) => a - b)
        .filter((ago, index) => index < 3 || (ago <= 7 * 24 && index < 100))
      const gone = new Set(outdated(records, noon).map((one) => Number(one.name)))
      assert.deepEqual(
        hoursAgo.filter((ago) => !gone.has(ago)).sort((a, b) => a - b),
        kept,
      )
    }),
  )
})
