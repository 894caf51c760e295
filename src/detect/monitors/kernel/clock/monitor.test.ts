import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { Loopback } from '../../../host/network.ts'
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
    assert.deepEqual(unset, ['over ClockUnsynchronized: systemd-timesyncd runs and has no time'])
    for (const files of [{ 'run/systemd/timesync/synchronized': '' }, {}])
      assert.deepEqual((await lookAt(clock, files)).levels, ['kept ClockStepped'])
  })

  it('asks chronyd whether it has a source, and how far the clock is off', async () => {
    const files = { 'run/chrony/chronyd.pid': '77\n', 'run/systemd/timesync/synchronized': '' }
    const asking = async (answer: Buffer | undefined) => {
      const asked: unknown[] = []
      const loopback: Loopback = {
        ask: (to, send) => {
          asked.push(to, send.length)
          return Promise.resolve(answer ? { bytes: answer } : { refused: true })
        },
      }
      const { levels } = await lookAt(clock, files, { loopback })
      return { asked, levels: levels.filter((one) => !one.startsWith('kept')) }
    }
    assert.deepEqual(await asking(tracking(0, -1.5)), {
      asked: [{ address: '127.0.0.1', port: 323, datagrams: true }, 104],
      levels: ['over ClockOffset: the clock is 1.5 s ahead, chronyd estimates'],
    })
    assert.deepEqual((await asking(tracking(0, 0.75))).levels, [
      'over ClockOffset: the clock is 0.8 s behind, chronyd estimates',
    ])
    assert.deepEqual((await asking(tracking(0, 0.001))).levels, [])
    assert.deepEqual((await asking(tracking(3, 99))).levels, ['over ClockUnsynchronized: chronyd runs and has no time'])
    for (const none of [undefined, Buffer.alloc(3), Buffer.alloc(104), tracking(0, 9).subarray(0, 80)])
      assert.deepEqual((await asking(none)).levels, [], 'whoever does not answer says nothing')
  })
})

/** A reply of chronyd: candm.h, RPY_TRACKING. `correction`: seconds by which the clock is behind. */
function tracking(leap: number, correction: number): Buffer {
  const reply = Buffer.alloc(104)
  reply.set([6, 2])
  reply.writeUInt16BE(33, 4)
  reply.writeUInt16BE(5, 6)
  reply.writeUInt16BE(leap, 54)
  // The value as a coefficient of 25 bits and a power of two.
  const exponent = Math.ceil(Math.log2(Math.abs(correction))) + 1
  const coefficient = Math.round(correction * 2 ** (25 - exponent))
  reply.writeUInt32BE((((exponent & 0x7f) << 25) | (coefficient & 0x1ffffff)) >>> 0, 68)
  return reply
}
