/** A share of `npm run soak`: a few kills of the shipped bundles, with a seed that is printed when something is wrong. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemRandom } from '../../src/telemetry/clock.ts'
import { shortSoak } from './options.ts'
import { soak } from './soak.ts'

test('agent and controller are killed at random and lose nothing, double nothing, flap nothing', async (t) => {
  const seed = Math.floor(systemRandom() * 2 ** 31)
  t.diagnostic(`seed ${seed}`)
  const result = await soak({ ...shortSoak, seed, fresh: true, log: (line) => t.diagnostic(line) })
  assert.deepEqual(result.complaints, [], `npm run soak -- --kills ${shortSoak.kills} --seed ${seed}`)
  assert.ok(result.faults > 0 && result.repairs > 0)
})
