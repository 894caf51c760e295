import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { lookAt } from '../../testing/look-at.ts'
import { nvme } from './monitor.ts'

const drive = (state: string) => ({
  'sys/class/nvme/nvme1/state': `${state}\n`,
  'sys/class/nvme/nvme1/model': 'Example 960G      \n',
  'sys/class/nvme/nvme1/serial': 'S1\n',
})

describe('nvme', () => {
  it('sees a controller that the kernel gave up', async () => {
    assert.deepEqual((await lookAt(nvme, drive('dead'))).levels, [
      'over NvmeControllerFailed: the controller is dead (Example 960G, serial S1) on nvme1',
    ])
  })

  it('sees each state between dead and live', async () => {
    for (const state of ['new', 'resetting', 'connecting', 'deleting', 'deleting (no IO)'])
      assert.deepEqual((await lookAt(nvme, drive(state))).levels, [
        `over NvmeControllerNotLive: the controller is ${state} (Example 960G, serial S1) on nvme1`,
      ])
  })

  it('is quiet where all are live, and absent where none is', async () => {
    assert.deepEqual((await lookAt(nvme, drive('live'))).levels, [])
    assert.match((await lookAt(nvme, {})).absent ?? '', /no NVMe drive/)
  })
})
