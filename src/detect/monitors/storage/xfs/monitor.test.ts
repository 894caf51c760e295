import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ChildOutcome } from '../../../host/children.ts'
import type { Loopback } from '../../../host/network.ts'
import { ScriptedChildren } from '../../../host/testing/scripted-children.ts'
import { lookAt } from '../../testing/look-at.ts'
import { xfs } from './monitor.ts'

const loopback: Loopback = { ask: () => Promise.resolve({ refused: true }) }
const mounts = (type: string) => ({ 'proc/1/mountinfo': `25 1 259:1 / / rw shared:1 - ${type} /dev/nvme0n1p1 rw\n` })
const freesp = (average: string) => `   from      to extents  blocks    pct
      1       1      12      12   0.01
total free extents 12
total free blocks 120
average free extent size ${average}
`

function look(answer: ChildOutcome, type = 'xfs') {
  const children = new ScriptedChildren()
  children.answers.set('xfs_db -r -c freesp -s /dev/nvme0n1p1', answer)
  return lookAt(xfs, mounts(type), { children, loopback })
}
const ended = (output: string): ChildOutcome => ({ kind: 'ended', status: 0, output, errors: '' })

describe('xfs', () => {
  it('reports free space in small pieces', async () => {
    assert.deepEqual((await look(ended(freesp('15.9')))).levels, [
      'over XFSSmallAverageClusterSize: free space of / is in pieces of 16 blocks on average on nvme0n1p1',
    ])
    assert.deepEqual((await look(ended(freesp('1024')))).levels, [])
  })

  it('keeps what it said where xfs_db takes too long, and is absent without XFS or xfs_db', async () => {
    const late = await look({ kind: 'failed', why: 'xfs_db did not answer within 5 s' })
    assert.deepEqual([late.state, late.levels], ['checked', ['kept XFSSmallAverageClusterSize on nvme0n1p1']])
    assert.equal((await look(ended(''), 'ext4')).absent, 'this machine has no XFS file system')
    assert.equal((await look({ kind: 'absent' })).absent, 'this machine has no xfs_db')
  })
})
