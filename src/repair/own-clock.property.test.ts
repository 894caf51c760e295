/** Kind 9, for any record: stamps that move keep what lies between them, and none is left in the future. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { aheadMs, aheadOf, earliest, moved } from '../model/own-time.ts'
import { givenAttempt, givenNode, minute, noon } from './testing/given.ts'

const days = fc.integer({ min: -3 * 1_440, max: 3 * 1_440 }).map((minutes) => minutes * minute)

/** A drain that has been going for a while, on a clock that is `off` by that much. */
function draining(off: number, ages: readonly [number, number]) {
  const [startedAt, last] = ages.map((ago) => noon - ago * minute + off) as [number, number]
  return givenAttempt(givenNode('a'), {
    phase: 'Draining',
    phases: [{ phase: 'Draining', at: Math.max(startedAt, last), why: '' }],
    taintedAt: startedAt,
    deadline: startedAt + 90 * minute,
    drain: { startedAt, deadline: startedAt + 90 * minute, evicted: 0, remaining: 1, blockers: [], leftBehind: [] },
  })
}

const ages = fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 60 }))

test('kind 9: a clock that is set moves every stamp alike, there and back', () => {
  fc.assert(
    fc.property(days, ages, (step, given) => {
      const record = draining(0, given)
      const there = moved(record, step, 0)
      assert.equal((there.drain?.deadline ?? 0) - noon, (record.drain?.deadline ?? 0) - noon + step)
      assert.deepEqual(moved(there, -step, 0), record)
    }),
  )
})

test('kind 9: what a clock that was ahead has written is moved until nothing of it lies in the future', () => {
  fc.assert(
    fc.property(days, ages, (off, given) => {
      const record = draining(off, given)
      const ahead = aheadOf(record, noon)
      const right = moved(record, -ahead, noon)
      assert.equal(ahead > 0, Math.max(...record.phases.map((one) => one.at), record.taintedAt ?? 0) > noon + aheadMs)
      assert.equal(aheadOf(right, noon), 0)
      const rest = (right.drain?.deadline ?? 0) - noon
      assert.ok(off < 0 || rest <= 90 * minute + aheadMs, `${rest / minute} minutes are left of ninety`)
    }),
  )
})

test('kind 9: a machine that was created after our stamp is never taken for older, however the two clocks differ', () => {
  fc.assert(
    fc.property(days, fc.integer({ min: 0, max: 3_600_000 }), (skew, later) => {
      const record = givenAttempt(givenNode('a'), { createdAt: noon + skew })
      assert.ok(noon + skew + later >= earliest(record, noon + later), 'the server says that it is younger')
    }),
  )
})

test('kind 9: what is older than the record is never taken for younger than our stamp', () => {
  fc.assert(
    fc.property(days, days, (skew, later) => {
      const record = givenAttempt(givenNode('a'), { createdAt: noon + skew })
      assert.ok(earliest(record, noon + later) >= record.createdAt)
    }),
  )
})
