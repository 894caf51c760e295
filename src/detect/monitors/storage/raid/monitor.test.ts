import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { lookAt } from '../../testing/look-at.ts'
import { raid } from './monitor.ts'

const array = (degraded: number, disks = 2) => ({
  'sys/block/md0/md/degraded': `${degraded}\n`,
  'sys/block/md0/md/raid_disks': `${disks}\n`,
})

describe('raid', () => {
  it('sees missing members, and their return', async () => {
    assert.deepEqual((await lookAt(raid, array(1))).levels, ['over RaidDiskFailed: 1 of 2 disks are missing on md0'])
    assert.deepEqual((await lookAt(raid, array(0))).levels, [])
  })

  it('leaves out the system arrays of storage appliances, and arrays without redundancy', async () => {
    const striped = { 'sys/block/md1/md/raid_disks': '2\n', 'sys/block/sda/size': '1\n' }
    for (const files of [array(68, 72), striped])
      assert.match((await lookAt(raid, files)).absent ?? '', /no software array/)
  })
})
