import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { lookAt } from '../../testing/look-at.ts'
import { zram } from './monitor.ts'

const disk = (stored: number, size = 1_000_000) => ({
  'sys/block/zram0/mm_stat': `${stored} 300000 2097152 0 2097152 12 0 0 0\n`,
  'sys/block/zram0/disksize': `${size}\n`,
  'sys/block/zramless/mm_stat': '1 1 1\n',
})

describe('zram', () => {
  it('counts what is stored against the size of the disk', async () => {
    assert.deepEqual((await lookAt(zram, disk(810_000))).levels, [
      'over ZramHighUsage: 81 % of the compressed swap is in use (it takes 2 MiB of memory) on zram0',
    ])
    assert.deepEqual((await lookAt(zram, disk(100_000))).levels, [])
  })

  it('is absent where no disk is set up', async () => {
    for (const files of [{}, disk(1, 0), { ...disk(1), 'sys/block/zram0/mm_stat': 'x\n' }])
      assert.equal((await lookAt(zram, files)).absent, 'this machine has no zram disk in use')
  })
})
