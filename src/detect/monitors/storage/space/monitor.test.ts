import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { lookAt, looksAt } from '../../testing/look-at.ts'
import { judgeSpace } from './judge.ts'
import { space } from './monitor.ts'
import type { Volume } from './read.ts'

const gigabyte = 2 ** 30
const disk = (used: number, more: Partial<Volume> = {}) => ({
  device: '8:1',
  usedBytes: used * gigabyte,
  freeBytes: (100 - used) * gigabyte,
  inodes: 1_000,
  freeInodes: 900,
  ...more,
})
const files = {
  'proc/1/mountinfo': '29 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n31 29 8:2 / /boot rw - ext4 /dev/sda2 rw\n',
  'var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/x': '',
}
const raised = async (root: ReturnType<typeof disk>) =>
  (await lookAt(space, files, { space: { '': root } })).levels.filter((level) => !level.startsWith('kept'))

describe('space', () => {
  it('is over its limit above 95 %, and held down to 92 %', async () => {
    const text = 'of / is in use, 4.0 GiB are free (it holds the container images) on sda1'
    assert.deepEqual(await raised(disk(96)), [`over DiskNearlyFull: 96 % ${text}`])
    assert.match((await raised(disk(93)))[0] ?? '', /^held DiskNearlyFull/)
    assert.deepEqual(await raised(disk(90)), [])
  })

  it('counts inodes, where the file system has a number of them', async () => {
    assert.deepEqual(await raised(disk(10, { freeInodes: 30 })), [
      'over InodesNearlyFull: 97 % of the inodes of / are in use, 30 are free (it holds the container images) on sda1',
    ])
    assert.deepEqual(await raised(disk(10, { inodes: 0, freeInodes: 0 })), [])
  })

  it('asks nothing about boot partitions, and nothing of another file system at the path', async () => {
    const seen = await lookAt(space, files, { space: { '': disk(99, { device: '8:9' }), boot: disk(99) } })
    assert.deepEqual([seen.state, seen.levels], ['checked', []])
  })

  it('tells when a volume will be full, after half an hour of growth', () => {
    const hours = (past: Volume['past'], used: number) => {
      const volume: Volume = { ...disk(used), name: 'sda1', where: '/', images: false, past }
      const found = judgeSpace({ at: 1_800_000, volumes: [volume] }).find(({ value }) => value === 'hours-to-full')
      return [found?.amount, found?.tentative]
    }
    assert.deepEqual(hours([{ at: 0, usedBytes: 85 * gigabyte }], 90), [1, false], '10 GiB an hour, 10 are left')
    assert.deepEqual(hours([{ at: 0, usedBytes: 90 * gigabyte }], 88), [1_000, false], 'it shrinks')
    assert.deepEqual(hours([{ at: 900_000, usedBytes: 85 * gigabyte }], 90), [1_000, true], 'only 15 minutes')
    assert.deepEqual(hours([{ at: 0, usedBytes: 10 * gigabyte }], 50), [1_000, false], 'half empty')
  })

  it('needs half an hour of looks for a trend', async () => {
    let used = 85
    const growing = {
      get ''() {
        used += 0.25
        return disk(used)
      },
    }
    const looks = await looksAt(space, Array(32).fill(files), 60_000, { space: growing })
    const over = looks.map(({ levels }) => levels.filter((level) => level.startsWith('over')))
    assert.deepEqual(over.slice(0, 30).flat(), [])
    assert.match(over[30]?.[0] ?? '', /^over DiskFillingUp: \/ is 93 % full and will be full in 0.5 hours/)
  })
})
