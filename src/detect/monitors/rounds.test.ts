import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SteppedClock } from '../../telemetry/clock.ts'
import { Rounds, roundMs } from './rounds.ts'

test('ten probes with a period of ten seconds wake the process once per period', async () => {
  let wakes = 0
  class CountingClock extends SteppedClock {
    override after(ms: number, run: () => void) {
      return super.after(ms, () => {
        wakes++
        run()
      })
    }
  }
  const clock = new CountingClock()
  const rounds = new Rounds(clock, () => 0.5)
  const looks = new Array(10).fill(0)
  const ends = looks.map((_, index) => rounds.add(index < 5 ? roundMs : 3 * roundMs, () => looks[index]++))
  await clock.advance(60_000)
  assert.deepEqual(looks, [6, 6, 6, 6, 6, 2, 2, 2, 2, 2])
  assert.equal(wakes, 6)
  for (const end of ends) end()
  assert.equal(clock.waiting, 0)
})

test('the grid begins at a random time, and a period is a multiple of ten seconds', async () => {
  const clock = new SteppedClock()
  const rounds = new Rounds(clock, () => 0.7)
  let at = 0
  rounds.add(roundMs, () => {
    at = clock.monotonic()
  })
  await clock.advance(7_000)
  assert.equal(at, 7_000)
  assert.throws(() => rounds.add(15_000, () => undefined), /not a multiple of 10000 ms/)
})

test('a round comes after the one before it, however long the agent has run', async () => {
  fc.assert(
    await fc.asyncProperty(
      fc.double({ min: 0, max: 1e9, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      async (since, phase) => {
        class OldClock extends SteppedClock {
          override monotonic() {
            return since + super.monotonic()
          }
        }
        const clock = new OldClock()
        const rounds = new Rounds(clock, () => phase)
        let looks = 0
        rounds.add(6 * 60 * roundMs, () => assert.ok(++looks <= 3, 'the same round again'))
        await clock.advance(12 * 60 * roundMs)
        assert.ok(clock.waiting === 1)
      },
    ),
  )
})
