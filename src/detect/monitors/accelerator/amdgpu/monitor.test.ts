import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Files, lookAt, looksAt } from '../../testing/look-at.ts'
import { amdgpu } from './monitor.ts'

const address = '0000:05:00.0'
const gpu = 'AMD Instinct MI300X OAM, serial 692251001234'

/** One GPU in sysfs; `more` are further or other files. */
function machine(more: Readonly<Record<string, string | null>> = {}, driver = 'DRIVER=amdgpu'): Files {
  const files = {
    vendor: '0x1002',
    device: '0x74a1',
    class: '0x120000',
    uevent: driver,
    product_name: 'AMD Instinct MI300X OAM',
    serial_number: '692251001234',
    current_link_width: '16',
    max_link_width: '16',
    'ras/umc_err_count': 'ue: 0\nce: 0\nde: 0',
    'ras/gfx_err_count': 'ue: 0\nce: 12',
    'ras/gpu_vram_bad_pages': '',
    'hwmon/hwmon3/temp2_input': '61000',
    'hwmon/hwmon3/temp2_crit': '100000',
    'hwmon/hwmon3/temp2_label': 'junction',
    ...more,
  }
  return Object.fromEntries(
    Object.entries(files).map(([file, text]) => [
      `sys/bus/pci/devices/${address}/${file}`,
      text === null ? null : `${text}\n`,
    ]),
  )
}
const seen = async (...states: readonly Files[]) =>
  (await looksAt(amdgpu, states, 300_000)).map(({ levels }) => levels.filter((level) => !level.startsWith('kept')))

describe('amdgpu', () => {
  it('is quiet on a healthy GPU, and has nothing to look at without one', async () => {
    assert.deepEqual(await seen(machine(), machine()), [[], []])
    assert.match((await lookAt(amdgpu, {})).absent ?? '', /no AMD accelerator/)
    assert.match((await lookAt(amdgpu, machine({}, 'DRIVER=vfio-pci'))).absent ?? '', /no AMD accelerator/)
    const { gauges } = await lookAt(amdgpu, machine())
    assert.ok(gauges.includes(`nodemend_amdgpu_temperature_celsius{device="${address}"} 61`))
  })

  it('sees uncorrectable errors by block, and no count of a million, which is a mistake of consumer cards', async () => {
    assert.deepEqual(
      await seen(machine({ 'ras/umc_err_count': 'ue: 2\nce: 1', 'ras/sdma_err_count': 'ue: 1\nce: 0' })),
      [
        [
          `over AmdGpuUncorrectableError: uncorrectable errors since the driver was loaded, 1 in sdma, 2 in umc: ${gpu} on ${address}`,
        ],
      ],
    )
    assert.deepEqual(await seen(machine({ 'ras/umc_err_count': 'ue: 1048560\nce: 0' })), [[]])
  })

  it('counts deferred and corrected errors of an hour', async () => {
    const grown = machine({ 'ras/umc_err_count': 'ue: 0\nce: 1001\nde: 1' })
    assert.deepEqual(await seen(machine(), grown), [
      [],
      [
        `over AmdGpuDeferredError: 1 errors of the last hour wait in memory: ${gpu} on ${address}`,
        `over AmdGpuCorrectedErrorRate: 1001 errors were corrected in the last hour: ${gpu} on ${address}`,
      ],
    ])
  })

  it('tells bad pages that wait, and those that cannot be taken out of use', async () => {
    const pages = '0x00000001 : 0x00001000 : R\n0x00000002 : 0x00001000 : P\n0x00000003 : 0x00001000 : F'
    assert.deepEqual(await seen(machine({ 'ras/gpu_vram_bad_pages': pages })), [
      [
        `over AmdGpuBadPagesPending: 1 bad pages go out of use at the next reset: ${gpu} on ${address}`,
        `over AmdGpuBadPagesInUse: 1 bad pages could not be taken out of use: ${gpu} on ${address}`,
      ],
    ])
  })

  it('keeps what it knows while the driver resets the GPU and refuses', async () => {
    const { levels } = await lookAt(amdgpu, machine({ 'ras/umc_err_count': null }))
    assert.ok(levels.includes(`kept AmdGpuUncorrectableError on ${address}`))
  })

  it('tells heat and a narrow link', async () => {
    assert.deepEqual(await seen(machine({ 'hwmon/hwmon3/temp2_input': '100000', current_link_width: '8' })), [
      [
        `over AmdGpuOverheated: junction has 100 °C, the limit is 100 °C: ${gpu} on ${address}`,
        `over AmdGpuPCIeLinkNarrow: PCIe x8 of x16: ${gpu} on ${address}`,
      ],
    ])
  })

  it('sees a GPU without a driver beside others', async () => {
    const other = Object.fromEntries(
      Object.entries(machine({}, '')).map(([path, text]) => [path.replace(address, '0000:26:00.0'), text]),
    )
    assert.deepEqual(await seen({ ...machine(), ...other }), [
      ['over AmdGpuWithoutDriver: no driver is bound to the GPU on 0000:26:00.0'],
    ])
  })
})
