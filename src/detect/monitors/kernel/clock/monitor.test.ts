import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { lookAt, looker } from '../../testing/look-at.ts'
import { clock } from './monitor.ts'

describe('clock', () => {
  it('sees the wall clock step forward and back, and no step in time that passes', async (t) => {
    const root = mkdtempSync(join(tmpdir(), 'nodemend-clock-'))
    t.after(() => rmSync(root, { recursive: true }))
    const { look, clock: time } = looker(clock, root)
    const seen: (readonly string[])[] = []
    for (const step of [0, 0, 3_600_000, 0, -2_500, 900]) {
      time.skew(step)
      seen.push((await look()).levels)
      await time.advance(30_000)
    }
    assert.deepEqual(seen, [
      ['kept ClockStepped'],
      [],
      ['over ClockStepped: the clock was set forward by 3600 s'],
      [],
      ['over ClockStepped: the clock was set back by 2.5 s'],
      [],
    ])
  })

  it('sees that systemd-timesyncd has not set the clock, and says nothing where it does not run', async () => {
    const unset = (await lookAt(clock, { 'run/systemd/timesync': null })).levels.filter((one) => one.startsWith('over'))
    assert.deepEqual(unset, ['over ClockUnsynchronized: systemd-timesyncd runs and has not set the clock'])
    for (const files of [{ 'run/systemd/timesync/synchronized': '' }, {}])
      assert.deepEqual((await lookAt(clock, files)).levels, ['kept ClockStepped'])
  })
})
