import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Files, lookAt } from '../../testing/look-at.ts'
import { gaudi } from './monitor.ts'

const accel = (number: number, status: string, vendor = '0x1da3'): Files => ({
  [`sys/class/accel/accel${number}/device/vendor`]: `${vendor}\n`,
  [`sys/class/accel/accel${number}/device/status`]: `${status}\n`,
})
const levelsOf = async (files: Files) => (await lookAt(gaudi, files)).levels

describe('gaudi', () => {
  it('is quiet on a working accelerator, and has nothing to look at without one', async () => {
    assert.deepEqual(await levelsOf(accel(0, 'Operational')), [])
    assert.match((await lookAt(gaudi, {})).absent ?? '', /no Gaudi/)
    assert.match((await lookAt(gaudi, accel(0, 'malfunction', '0x8086'))).absent ?? '', /no Gaudi/)
  })

  it('sees one that the driver gave up, in either class', async () => {
    assert.deepEqual(await levelsOf({ ...accel(0, 'operational'), ...accel(1, 'malfunction') }), [
      'over HabanaDeviceFailed: the driver gave the accelerator up (malfunction) on accel1',
    ])
    const older = {
      'sys/class/habanalabs/hl2/device/vendor': '0x1da3\n',
      'sys/class/habanalabs/hl2/status': 'Malfunction\n',
    }
    assert.deepEqual(await levelsOf(older), [
      'over HabanaDeviceFailed: the driver gave the accelerator up (malfunction) on hl2',
    ])
  })

  it('sees every state between the two', async () => {
    for (const status of ['in reset', 'needs reset', 'in device creation', 'in reset after device release'])
      assert.deepEqual(await levelsOf(accel(3, status)), [
        `over HabanaDeviceNotOperational: the accelerator is not operational (${status}) on accel3`,
      ])
  })
})
