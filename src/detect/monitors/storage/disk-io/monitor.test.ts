import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { looksAt } from '../../testing/look-at.ts'
import { diskIo } from './monitor.ts'

/** One disk with a partition and a device of it, after `finished` requests that took `waited` ms in all; `flushes`: number and ms. */
const disk = (finished: number, waited: number, inFlight = 0, flushes = '0 0') => ({
  'proc/diskstats': ['8 0 sda', '8 1 sda1', '253 0 dm-0']
    .map((name) => `   ${name} ${finished} 0 8 ${waited} 0 0 0 0 ${inFlight} 10 ${waited} 0 0 0 0 ${flushes}\n`)
    .join(''),
  'sys/block/sda/dev': '8:0\n',
  'sys/block/dm-0/dev': '253:0\n',
})
const seen = async (...states: readonly ReturnType<typeof disk>[]) =>
  (await looksAt(diskIo, states, 30_000)).map(({ levels }) => levels.filter((level) => level.startsWith('over')))

describe('disk-io', () => {
  it('sees slow requests in the last minute, not those of all time', async () => {
    const levels = await seen(
      disk(1_000, 9_999_000),
      disk(1_100, 10_299_000),
      disk(1_200, 10_599_000),
      disk(9_000, 10_600_000),
    )
    assert.deepEqual(levels, [
      [],
      ['over IODelays: a request took 3 s on average (100 requests in a minute) on sda'],
      ['over IODelays: a request took 3 s on average (200 requests in a minute) on sda'],
      [],
    ])
  })

  it('makes no mean of a few requests', async () => {
    assert.deepEqual(await seen(disk(1, 0), disk(5, 60_000)), [[], []])
  })

  it('sees a disk that finishes nothing, and its recovery', async () => {
    const levels = await seen(disk(50, 5, 3), disk(50, 5, 3), disk(50, 5, 3), disk(50, 5, 3), disk(51, 9, 3))
    assert.deepEqual(levels, [
      [],
      [],
      [],
      ['over DiskStalled: 3 requests are waiting and none has finished for 90 s on sda'],
      [],
    ])
  })

  it('takes an idle disk for what it is', async () => {
    const [first, ...later] = await looksAt(diskIo, Array(5).fill(disk(50, 5)), 60_000)
    assert.deepEqual(first?.levels, ['kept IODelays on sda', 'kept DiskStalled on sda', 'kept DiskFlushSlow on sda'])
    assert.deepEqual(
      later.flatMap(({ levels }) => levels),
      [],
    )
  })

  it('sees slow flushes, and none where the kernel does not count them', async () => {
    const old = (state: ReturnType<typeof disk>) => ({
      ...state,
      'proc/diskstats': state['proc/diskstats'].replace(/ \d+ \d+\n/g, '\n'),
    })
    const states = ['90 9000', '96 18000', '196 18002', '9 1'].map((flushes) => disk(50, 5, 0, flushes))
    assert.deepEqual(await seen(...states), [
      [],
      ['over DiskFlushSlow: writing out the cache took 1.5 s on average (6 times in a minute) on sda'],
      [],
      [],
    ])
    assert.deepEqual(await seen(...states.map(old)), [[], [], [], []])
  })

  it('survives counters that begin again', async () => {
    assert.deepEqual(await seen(disk(9_000, 9_000), disk(20, 20)), [[], []])
  })
})
