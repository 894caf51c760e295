import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SteppedClock } from '../telemetry/clock.ts'
import { LeadershipView } from './leadership.ts'
import { PassLoop } from './pass-loop.ts'

function given(dueMs = Number.POSITIVE_INFINITY) {
  const clock = new SteppedClock()
  const stop = new AbortController()
  let passes = 0
  const pass = async (): Promise<number> => {
    passes++
    return dueMs
  }
  const loop = new PassLoop({ clock, intervalMs: 10_000, pass, signal: stop.signal })
  const ended = loop.run()
  return { clock, stop, loop, ended, passes: () => passes }
}

test('quiet: one pass per interval; a burst of changes: one pass soon after', async () => {
  const { clock, stop, loop, ended, passes } = given()
  await clock.advance(9_999)
  assert.equal(passes(), 1)
  await clock.advance(1_000)
  assert.equal(passes(), 2)
  for (let change = 0; change < 100; change++) loop.wake()
  await clock.advance(500)
  assert.equal(passes(), 3)
  stop.abort()
  await ended
  assert.equal(clock.waiting, 0)
})

test('after quiet times a change is answered within 20 ms', async () => {
  const { clock, stop, loop, ended, passes } = given()
  await clock.advance(5_000)
  loop.wake()
  await clock.advance(20)
  assert.equal(passes(), 2)
  stop.abort()
  await ended
})

test('while a repair is under way: about every second', async () => {
  const { clock, stop, ended, passes } = given(1_000)
  await clock.advance(12_000)
  assert.ok(passes() >= 10 && passes() <= 12, String(passes()))
  stop.abort()
  await ended
})

test('changes that never stop do not become passes that never stop', async () => {
  const { clock, stop, loop, ended, passes } = given()
  for (let tick = 0; tick < 100; tick++) {
    loop.wake()
    await clock.advance(10)
  }
  assert.ok(passes() <= 7, String(passes()))
  stop.abort()
  await ended
})

test('leadership runs out by itself, and is told on the wall clock', async () => {
  const clock = new SteppedClock()
  const view = new LeadershipView(clock, 'a')
  assert.deepEqual([view.now.leading, view.now.until], [false, 0])
  const until = clock.monotonic() + 10_000
  const hold = {
    isLeaderUntil: () => (clock.monotonic() < until ? until : Number.NEGATIVE_INFINITY),
    stopped: Promise.resolve(),
  }
  assert.equal(view.won(hold, 3), false)
  assert.deepEqual(view.now, { leading: true, until: clock.now() + 10_000, fencingToken: 3, identity: 'a' })
  await clock.advance(10_000)
  assert.equal(view.now.leading, false)
  view.lost()
  assert.equal(view.won(hold, 5), true, 'led before: nobody watched in between')
})
