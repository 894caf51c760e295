import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { findAccelerators } from '../../detect/host/accelerators.ts'
import { systemChildren } from '../../detect/host/children.ts'
import { openHost } from '../../detect/host/host.ts'
import { withPci } from '../../detect/monitors/accelerator/nvidia/testing/machine.ts'
import { addresses, healthy, noCompiler, StandIn } from '../../detect/nvml/testing/stand-in.ts'
import { systemClock } from '../../telemetry/clock.ts'
import { acceleratorsText, identified } from './accelerators.ts'

const program = join(import.meta.dirname, '..', '..', 'detect', 'nvml', 'main.ts')

describe('the accelerators of a scan', { skip: noCompiler }, () => {
  it('are told with what NVML knows of them', async () => {
    const machine = withPci(new StandIn(), 1).says(healthy(1))
    machine.file('proc/driver/nvidia/version', 'NVRM version: NVIDIA UNIX x86_64 Kernel Module  575.57.08  Mon\n')
    const host = openHost(machine.root)
    const found = findAccelerators(host)
    const children = systemChildren(machine.root, systemClock)
    const told = await identified(host, found, children, program)
    const copied = await identified(host, found, children, undefined)
    machine.end()
    assert.deepEqual(told, [
      {
        kind: 'nvidia',
        address: addresses[0],
        id: '10de:2330',
        driver: 'nvidia',
        model: 'NVIDIA H100 80GB HBM3',
        uuid: 'GPU-00000000-aaaa-bbbb-cccc-0123456789ab',
        serial: '1654220000001',
        driverVersion: '575.57.08',
        firmware: '575.57.08',
      },
    ])
    assert.match(acceleratorsText(told) || '', /1654220000001 +nvidia 575\.57\.08 +575\.57\.08/)
    assert.equal(copied[0]?.serial, undefined)
  })

  it('are no table where there is none', () => {
    assert.equal(acceleratorsText([]), false)
  })
})
