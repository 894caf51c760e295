import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { constants, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { SteppedClock } from '../../../telemetry/clock.ts'
import { askMs, pollOn, pollWith } from './poll.ts'

test('without libuv’s stream handle a timer polls, and returns what it reads', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'nodemend-poll-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'fifo')
  execFileSync('mkfifo', [path])
  const writer = openSync(path, 'r+')
  const clock = new SteppedClock()
  const poll = pollWith(clock, openSync(path, constants.O_RDONLY | constants.O_NONBLOCK))
  assert.equal(poll.by, 'timer')
  let given: string | undefined
  const reading = poll.read().then((bytes) => {
    given = Buffer.from(bytes ?? []).toString()
  })
  await clock.advance(10 * askMs)
  assert.equal(given, undefined, 'nothing has been written')
  writeSync(writer, 'record')
  await clock.advance(askMs)
  await reading
  assert.equal(given, 'record')
  void poll.read()
  poll.close()
  assert.equal(clock.waiting, 0)
})

test('a Node version without the handle causes no error', (t) => {
  const held = process as unknown as { binding?: unknown } // not a public interface
  const { binding } = held
  t.after(() => {
    held.binding = binding
  })
  held.binding = undefined
  assert.equal(pollOn(0), undefined)
  held.binding = () => {
    throw new Error('No such binding: pipe_wrap')
  }
  assert.equal(pollOn(0), undefined)
})
