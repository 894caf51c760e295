import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { lookAt, looksAt } from '../../testing/look-at.ts'
import { memoryErrors } from './monitor.ts'

const folder = 'sys/devices/system/edac/mc/mc0'
const machine = (corrected: number, uncorrected = 0) => ({
  [`${folder}/ce_count`]: `${corrected}\n`,
  [`${folder}/ue_count`]: `${uncorrected}\n`,
  [`${folder}/dimm0/dimm_label`]: 'CPU_SrcID#0_MC#0_Chan#0_DIMM#0\n',
  [`${folder}/dimm0/dimm_ce_count`]: '0\n',
  [`${folder}/dimm3/dimm_label`]: 'CPU_SrcID#0_MC#0_Chan#1_DIMM#1\n',
  [`${folder}/dimm3/dimm_ce_count`]: `${corrected}\n`,
})
const seen = async (counts: readonly number[]) =>
  (
    await looksAt(
      memoryErrors,
      counts.map((count) => machine(count)),
      60_000,
    )
  ).map(({ levels }) => levels)

describe('memory errors', () => {
  it('judges the rate of corrected errors, not their number since boot, and names the module', async () => {
    const kept = ['kept CorrectedMemoryErrorRate on mc0']
    const text =
      'over CorrectedMemoryErrorRate: 101 memory errors were corrected in an hour (most on CPU_SrcID#0_MC#0_Chan#1_DIMM#1) on mc0'
    assert.deepEqual(await seen([40_000, 40_000, 40_101]), [kept, kept, [text]])
  })

  it('counts from 0 after a reset of the counters', async () => {
    assert.deepEqual((await seen([40_000, 3])).at(-1), ['kept CorrectedMemoryErrorRate on mc0'])
  })

  it('says that an error could not be corrected until the counters start again', async () => {
    const [first, second] = await looksAt(memoryErrors, [machine(0, 1), machine(0, 0)], 60_000)
    assert.ok(first?.levels.some((level) => level.startsWith('over UncorrectedMemoryErrors: 1 memory error')))
    assert.deepEqual(second?.levels, ['kept CorrectedMemoryErrorRate on mc0'])
  })

  it('is absent where no driver counts', async () => {
    assert.match((await lookAt(memoryErrors, {})).absent ?? '', /EDAC/)
  })
})
