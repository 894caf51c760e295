import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { KubeError } from '../../kube/errors.ts'
import { SteppedClock } from '../../telemetry/clock.ts'
import { firstPauseMs, longestPauseMs, RefusedCalls } from './refused-calls.ts'

const forbidden = new KubeError('NM_KUBE_FORBIDDEN', 'no', { call: 'delete', status: 403 })

test('L6: a call that stays forbidden is made ever more seldom, at least every five minutes, and its words are kept', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 7_200 }), async (seconds) => {
      const clock = new SteppedClock()
      const refused = new RefusedCalls(clock)
      const calls: number[] = []
      for (let second = 0; second < seconds; second++) {
        if (refused.pausing('a') === undefined) {
          calls.push(clock.monotonic())
          assert.equal(refused.failed('a', forbidden), 'no')
        }
        assert.equal(refused.pausing('a'), 'no')
        assert.equal(refused.pausing('b'), undefined)
        await clock.advance(1_000)
      }
      const gaps = calls.slice(1).map((at, index) => at - (calls[index] ?? 0))
      for (const [index, gap] of gaps.entries()) {
        assert.equal(gap, Math.min(longestPauseMs, firstPauseMs * 2 ** index))
      }
      refused.forget('a')
      assert.equal(refused.pausing('a'), undefined)
      assert.equal(refused.failed('a', new Error('no answer')), undefined, 'another failure is tried again at once')
    }),
    { numRuns: 20 },
  )
})
