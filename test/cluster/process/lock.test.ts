import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { SteppedClock } from '../../../src/telemetry/clock.ts'
import { lockFile } from './lock.ts'

test('a lock file', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'nodemend-lock-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'lock')
  const clock = new SteppedClock()

  await t.test('is held by one at a time, however long that takes', async () => {
    const release = await lockFile(path, clock, assert.fail)
    let waits = 0
    let taken = false
    const waiting = lockFile(path, clock, () => waits++).finally(() => {
      taken = true
    })
    await clock.advance(120_000)
    assert.equal(taken, false)
    assert.equal(waits, 1)
    release()
    await clock.advance(1_000)
    const releaseSecond = await waiting
    releaseSecond()
    assert.equal(existsSync(path), false)
    assert.equal(clock.waiting, 0)
  })

  await t.test('of a dead process is taken over', async () => {
    const dead = new SteppedClock(clock.now())
    await lockFile(path, dead, assert.fail) // its clock stands still: it never touches the lock again
    const waiting = lockFile(path, clock, () => {})
    await clock.advance(30_000)
    const release = await waiting
    release()
  })
})
