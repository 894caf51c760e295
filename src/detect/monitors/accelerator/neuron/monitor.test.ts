import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Files, lookAt, looksAt } from '../../testing/look-at.ts'
import { neuron } from './monitor.ts'

/** A device with the counters where the driver has them. */
function device(number: number, counts: Readonly<Record<string, number>>, where = 'stats/hardware', leaf = ''): Files {
  const zero = { sram_ecc_uncorrected: 0, mem_ecc_uncorrected: 0, mem_ecc_repairable_uncorrected: 0 }
  const folder = `sys/devices/virtual/neuron_device/neuron${number}`
  return {
    [`${folder}/core_count`]: '2\n',
    [`${folder}/neuron_core0/stats/hardware/mem_ecc_uncorrected`]: '99\n', // a core's own count
    ...Object.fromEntries(
      Object.entries({ ...zero, ...counts }).map(([name, count]) => [
        `${folder}/${where}/${name}${leaf}`,
        `${count}\n`,
      ]),
    ),
  }
}
const levelsOf = async (...states: readonly Files[]) =>
  (await looksAt(neuron, states, 60_000)).at(-1)?.levels.filter((level) => !level.startsWith('kept'))

describe('neuron', () => {
  it('is quiet on healthy devices, and has nothing to look at without a driver', async () => {
    assert.deepEqual(await levelsOf({ ...device(0, {}), ...device(1, {}) }), [])
    assert.match((await lookAt(neuron, {})).absent ?? '', /no AWS Neuron driver/)
  })

  it('tells each kind of error on its device, wherever the driver keeps the counter', async () => {
    for (const [where, leaf] of [
      ['stats/hardware', ''],
      ['stats/hardware', '/total'],
      ['hardware', ''],
    ] as const)
      assert.deepEqual(
        await levelsOf(device(3, {}, where, leaf), {
          ...device(0, {}, where, leaf),
          ...device(
            3,
            { sram_ecc_uncorrected: 1, mem_ecc_uncorrected: 2, mem_ecc_repairable_uncorrected: 3 },
            where,
            leaf,
          ),
        }),
        [
          'over NeuronSRAMUncorrectableError: 1 uncorrectable errors in SRAM since the driver was loaded on nd3',
          'over NeuronHBMUncorrectableError: 2 uncorrectable errors in memory since the driver was loaded on nd3',
          'over NeuronHBMRepairPending: 3 errors of the last hour are repaired when the driver is loaded anew on nd3',
        ],
      )
  })

  it('says nothing of errors that were repaired before it looked', async () => {
    assert.deepEqual(await levelsOf(device(0, { mem_ecc_repairable_uncorrected: 5 })), [])
  })

  it('counts the devices of the bus', async () => {
    const pci = [4, 5].map((slot) => `sys/bus/pci/devices/0000:00:0${slot}.0`)
    const files = Object.fromEntries(
      pci.flatMap((folder) => [
        [`${folder}/vendor`, '0x1d0f\n'],
        [`${folder}/device`, '0x7164\n'],
      ]),
    )
    assert.deepEqual(await levelsOf({ ...device(0, {}), ...files }), [
      'over NeuronDeviceCountMismatch: 1 of 2 Neuron devices are known to the driver',
    ])
  })
})
