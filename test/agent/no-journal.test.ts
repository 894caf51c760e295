/** A machine without a journal: the condition that lives by it says so, and is no worse for it. */
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { ScriptedChildren } from '../../src/detect/host/testing/scripted-children.ts'
import { kernelLog } from '../../src/detect/monitors/kernel/log/monitor.ts'
import { services } from '../../src/detect/monitors/runtime/services/monitor.ts'
import { rigFor } from './rig.ts'

it('ContainerRuntimeReady is True without a journal, names that, and no longer when there is one', async (t) => {
  const rig = rigFor(t)
  const children = new ScriptedChildren()
  await rig.start({}, { monitors: [kernelLog, services], children })
  await rig.pass(5_000)
  const runtime = () => rig.api.condition('ContainerRuntimeReady')
  assert.deepEqual(
    [runtime()?.status, runtime()?.message],
    [
      'True',
      'Monitoring for the ContainerRuntime system is active; what kubelet and the runtime log is not read (this machine keeps no journal)',
    ],
  )
  assert.equal(rig.api.condition('KernelReady')?.message, 'Monitoring for the Kernel system is active')
  mkdirSync(join(rig.root, 'var/log/journal/machine'), { recursive: true })
  for (let n = 0; n < 70; n++) await rig.pass(10_000)
  assert.equal(runtime()?.message, 'Monitoring for the ContainerRuntime system is active')
})
