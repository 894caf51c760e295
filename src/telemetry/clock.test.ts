import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SteppedClock, seededRandom, sleep } from './clock.ts'

test('timers fire in the order of their due time, then of their creation', async () => {
  const clock = new SteppedClock()
  const fired: string[] = []
  clock.after(20, () => fired.push('b'))
  clock.after(10, () => fired.push('a'))
  clock.after(20, () => fired.push('c'))
  const cancel = clock.after(15, () => fired.push('never'))
  cancel()
  await clock.advance(25)
  assert.deepEqual(fired, ['a', 'b', 'c'])
  assert.equal(clock.waiting, 0)
})

test('a timer set by a timer fires within the same advance', async () => {
  const clock = new SteppedClock(0)
  const at: number[] = []
  const again = (): void => {
    at.push(clock.now())
    if (at.length < 3) clock.after(10, again)
  }
  clock.after(10, again)
  await clock.advance(100)
  assert.deepEqual(at, [10, 20, 30])
})

test('skew moves the wall clock alone', () => {
  const clock = new SteppedClock(1000)
  clock.skew(-500)
  assert.equal(clock.now(), 500)
  assert.equal(clock.monotonic(), 0)
})

test('a leap lets time pass, and every timer falls due that much later', async () => {
  const clock = new SteppedClock(1000)
  let fired = 0
  clock.after(10, () => fired++)
  clock.leap(5_000)
  assert.deepEqual([clock.now(), clock.monotonic(), fired], [6_000, 5_000, 0])
  await clock.advance(10)
  assert.equal(fired, 1)
})

test('sleep ends by time or by its signal', async () => {
  const clock = new SteppedClock()
  const slept = sleep(clock, 50)
  await clock.advance(50)
  await slept
  const stop = new AbortController()
  const aborted = sleep(clock, 50, stop.signal)
  stop.abort(new Error('stop'))
  await assert.rejects(aborted, /stop/)
  assert.equal(clock.waiting, 0)
})

test('a seed reproduces its numbers', () => {
  const [a, b] = [seededRandom(7), seededRandom(7)]
  for (let n = 0; n < 100; n++) {
    const value = a()
    assert.equal(value, b())
    assert.ok(value >= 0 && value < 1)
  }
})
