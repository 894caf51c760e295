import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { lookAt, looksAt } from '../../testing/look-at.ts'
import { oomKills } from './monitor.ts'

async function seen(counts: readonly number[], everyMs = 60_000) {
  const files = counts.map((count) => ({ 'proc/vmstat': `pgfault 12\noom_kill ${count}\nnuma_hit 3\n` }))
  return (await looksAt(oomKills, files, everyMs)).map(({ levels }) => levels)
}
const over = (count: number) => [
  `over FrequentOOMKills: ${count} processes were killed for want of memory in 10 minutes`,
]

describe('OOM kills', () => {
  it('counts ten minutes, not the life of the machine', async () => {
    const kept = ['kept FrequentOOMKills']
    assert.deepEqual(await seen([5_000, 5_000, 5_011]), [kept, kept, over(11)])
    const slow = await seen(Array.from({ length: 14 }, (_, n) => 5_000 + n))
    assert.deepEqual(slow.at(-1), ['held FrequentOOMKills: 10 processes were killed for want of memory in 10 minutes'])
  })

  it('ends ten minutes after the burst', async () => {
    const counts = [0, 20, ...Array<number>(11).fill(20)]
    const looks = await seen(counts)
    assert.deepEqual([looks[1], looks[10], looks[12]], [over(20), over(20), []])
  })

  it('is absent on a kernel that does not count', async () => {
    assert.match((await lookAt(oomKills, { 'proc/vmstat': 'pgfault 12\n' })).absent ?? '', /4\.13/)
  })
})
