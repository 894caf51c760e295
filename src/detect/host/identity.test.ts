import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { findAccelerators } from './accelerators.ts'
import { openHost } from './host.ts'
import { identify } from './identity.ts'
import { Sysfs } from './testing/sysfs.ts'

/** What is known of the only accelerator of a machine with these files. */
function identityOf(vendor: string, pciClass: string, files: Readonly<Record<string, string>>) {
  const machine = new Sysfs()
  const folder = 'sys/bus/pci/devices/0000:3b:00.0'
  const pci = { [`${folder}/vendor`]: vendor, [`${folder}/device`]: '0x2330', [`${folder}/class`]: pciClass }
  for (const [path, text] of Object.entries({ ...pci, ...files })) machine.file(path, `${text}\n`)
  const host = openHost(machine.root)
  const [found] = findAccelerators(host).map((one) => identify(host, one))
  machine.end()
  const { kind: _kind, address: _address, id: _id, ...identity } = found ?? assert.fail('no accelerator')
  return identity
}

const information = `Model: 		 NVIDIA H100 80GB HBM3
IRQ:   		 243
GPU UUID: 	 GPU-11111111-2222-3333-4444-555555555555
Video BIOS: 	 96.00.89.00.01
Bus Type: 	 PCIe
Bus Location: 	 0000:3b:00.0
Device Minor: 	 0
GPU Firmware: 	 575.57.08
GPU Excluded:	 No`

describe('identity', () => {
  it('of an NVIDIA GPU is in /proc, with either kernel module', () => {
    for (const [line, driverVersion] of [
      ['NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.144.03  Mon Dec 30 17:44:08 UTC 2024', '550.144.03'],
      ['NVRM version: NVIDIA UNIX Open Kernel Module for aarch64  575.57.08  Release Build  (root@x)', '575.57.08'],
    ] as const)
      assert.deepEqual(
        identityOf('0x10de', '0x030200', {
          'proc/driver/nvidia/gpus/0000:3b:00.0/information': information,
          'proc/driver/nvidia/version': line,
        }),
        {
          model: 'NVIDIA H100 80GB HBM3',
          uuid: 'GPU-11111111-2222-3333-4444-555555555555',
          driverVersion,
          firmware: '575.57.08',
        },
      )
  })

  it('says nothing where the driver knows nothing', () => {
    const unknown =
      'Model: \t\t Unknown\nGPU UUID: \t GPU-????????-????-????-????-????????????\nVideo BIOS: \t ??.??.??.??.??'
    assert.deepEqual(
      identityOf('0x10de', '0x030200', { 'proc/driver/nvidia/gpus/0000:3b:00.0/information': unknown }),
      { model: 'Unknown' },
    )
    assert.deepEqual(identityOf('0x10de', '0x030200', {}), {})
  })

  it('of an AMD GPU is in sysfs', () => {
    const folder = 'sys/bus/pci/devices/0000:3b:00.0'
    assert.deepEqual(
      identityOf('0x1002', '0x120000', {
        [`${folder}/product_name`]: 'AMD Instinct MI300X OAM',
        [`${folder}/unique_id`]: 'c5d8a1f2b3e4a596',
        [`${folder}/serial_number`]: '692251001234',
        [`${folder}/vbios_version`]: '113-M3000100-102',
        'sys/module/amdgpu/version': '6.10.5',
      }),
      {
        model: 'AMD Instinct MI300X OAM',
        uuid: 'c5d8a1f2b3e4a596',
        serial: '692251001234',
        driverVersion: '6.10.5',
        firmware: '113-M3000100-102',
      },
    )
  })
})
