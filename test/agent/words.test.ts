/** Words: a condition says what is wrong with which device and one thing to do, never two remedies in one breath. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { rigFor } from './rig.ts'

it('Words: an Xid whose table says what to do gets no second remedy; a reason without a table names its repair', async (t) => {
  const rig = rigFor(t)
  await rig.start()
  rig.log("NVRM: Xid (PCI:0000:3b:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.")
  await rig.pass(2_000)
  const gpu = rig.api.condition('AcceleratedHardwareReady')?.message ?? ''
  assert.match(gpu, /0000:3b:00.*; reboot the node/)
  assert.doesNotMatch(gpu, /replace|suggested repair/i)
  rig.log('EXT4-fs (sda1): Remounting filesystem read-only')
  await rig.pass(2_000)
  assert.match(rig.api.condition('StorageReady')?.message ?? '', /sda1.* \(suggested repair: \w+\)$/)
})
