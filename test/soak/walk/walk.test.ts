/** A share of `npm run soak -- walk`: random walks with the shipped controllers, and what each invariant asks. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { systemRandom } from '../../../src/telemetry/clock.ts'
import { invariants } from './invariants.ts'
import { walkMany } from './many.ts'
import { planOf, walk } from './walk.ts'

/** Seeds that broke something once. */
const known: readonly number[] = []

describe('random walks', () => {
  for (const seed of known) {
    test(`seed ${seed}, which broke something once`, async () => {
      assert.deepEqual((await walk(planOf(seed))).broken, [])
    })
  }

  test('whatever happens, every invariant holds at each call', async (t) => {
    const seed = Math.floor(systemRandom() * 2 ** 31)
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
