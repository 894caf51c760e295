import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { looksAt } from '../../testing/look-at.ts'
import { taint } from './monitor.ts'

async function seen(...masks: readonly (number | string)[]) {
  const looks = await looksAt(
    taint,
    masks.map((mask) => ({ 'proc/sys/kernel/tainted': `${mask}\n` })),
    60_000,
  )
  return looks.map(({ levels }) => levels)
}

describe('taint', () => {
  it('tells flags of a fault for as long as they stand', async () => {
    const oops = 'over KernelTainted: since boot: the kernel had an oops (D)'
    assert.deepEqual(await seen(128, 128, 0), [[oops], [oops], []])
    assert.match(
      (await seen(16 + 32 + 16_384))[0]?.[0] ?? '',
      /machine check \(M\), a bad .* \(B\), a soft lockup .* \(L\)$/,
    )
  })

  it('tells other flags once, when they come, and not those that were there at the start', async () => {
    assert.deepEqual(await seen(1, 1 + 4_096, 1 + 4_096), [
      [],
      ['over KernelTaintChanged: an out-of-tree module was loaded (O)'],
      [],
    ])
  })

  it('is blind where the file is not a number', async () => {
    const [look] = await looksAt(taint, [{ 'proc/sys/kernel/tainted': 'G\n' }], 0)
    assert.equal(look?.why, '/proc/sys/kernel/tainted is not a number')
  })
})
