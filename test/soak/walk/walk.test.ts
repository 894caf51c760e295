/** A share of `npm run soak -- walk`: random walks with the shipped controllers, and what each invariant asks. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { invariants } from './invariants.ts'
import { walkMany } from './many.ts'
import { planOf, walk } from './walk.ts'

/** Seeds that broke something once. */
const known: readonly number[] = []

/** Of the share that runs with every test; new seeds are for `npm run soak -- walk`. */
const seed = 860_622_310

describe('random walks', () => {
  for (const broke of known) {
    test(`seed ${broke}, which broke something once`, async () => {
      assert.deepEqual((await walk(planOf(broke))).broken, [])
    })
  }

  test('whatever happens, every invariant holds at each call', async (t) => {
    t.diagnostic(`seed ${seed}`)
    const log = (line: string): void => t.diagnostic(line)
    const { failed, deeds, asked } = await walkMany({ seed, nodeDays: 2_500, log })
    assert.deepEqual(failed, [], `npm run soak -- walk --seed ${seed} --node-days 2500`)
    assert.ok(deeds.admissions > 0)
    for (const one of invariants.filter((name) => name !== 'defect' && name !== 'approve')) {
      assert.ok(asked[one] > 0, `${one} was never asked`)
    }
  })

  test('the same seed is the same walk', async () => {
    const [one, other] = [await walk(planOf(13)), await walk(planOf(13))]
    assert.deepEqual(one, other)
  })
})
