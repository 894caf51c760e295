/** L1: the first start on a node whose kernel log holds old faults. */
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { type AgentRig, rigFor } from './rig.ts'

const xid79 = "NVRM: Xid (PCI:0000:3b:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus."
const readOnly = 'EXT4-fs (sda1): Remounting filesystem read-only'
const hour = 3_600_000

const gpu = (rig: AgentRig) => rig.api.condition('AcceleratedHardwareReady')
const storage = (rig: AgentRig) => rig.api.condition('StorageReady')
const now = (rig: AgentRig): string => new Date(rig.clock.now()).toISOString().slice(0, 16)

describe('L1: the first start of an agent on a node', () => {
  it('tells of a fatal line of an hour ago, and does not condemn the node for it', async (t) => {
    const rig = rigFor(t)
    rig.log(xid79)
    const logged = new Date(rig.clock.now()).toISOString().slice(0, 19)
    await rig.clock.advance(hour)
    await rig.start()
    await rig.pass(2_000)
    assert.equal(gpu(rig)?.status, 'True')
    assert.equal(gpu(rig)?.lastTransitionTime.slice(0, 16), now(rig), 'a type that the node did not carry turns now')
    const [told = ''] = rig.eventsOf('NvidiaXID79Error')
    assert.ok(told.endsWith(`(logged at ${logged}Z, before this agent first ran)`), told)
  })

  it('condemns it once the fault is logged again', async (t) => {
    const rig = rigFor(t)
    rig.log(xid79)
    await rig.clock.advance(hour)
    await rig.start()
    rig.log(xid79)
    await rig.pass(2_000)
    assert.equal(gpu(rig)?.status, 'False')
    assert.equal(gpu(rig)?.lastTransitionTime.slice(0, 16), now(rig))
  })

  it('condemns it while the fault can be seen: the device is lost, the mount is read-only', async (t) => {
    const rig = rigFor(t)
    rig.log(xid79)
    rig.log(readOnly)
    rig.file('sys/bus/pci/devices/0000:5e:00.0/vendor', '0x10de\n') // another device is there, 3b:00 is not
    rig.file(
      'proc/1/mountinfo',
      '25 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,emergency_ro,errors=remount-ro\n',
    )
    await rig.clock.advance(hour)
    await rig.start()
    await rig.pass(2_000)
    assert.equal(gpu(rig)?.status, 'False')
    assert.match(gpu(rig)?.message ?? '', /logged at .* before this agent first ran, and still present/)
    assert.equal(storage(rig)?.status, 'False')
    assert.equal(gpu(rig)?.lastTransitionTime.slice(0, 16), now(rig), 'the time of the line belongs into the message')
  })

  it('does not when the mount is writable again', async (t) => {
    const rig = rigFor(t)
    rig.log(readOnly)
    rig.file('proc/1/mountinfo', '25 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro\n')
    await rig.clock.advance(hour)
    await rig.start()
    await rig.pass(2_000)
    assert.equal(storage(rig)?.status, 'True')
  })

  it('condemns it where the operator asks for that', async (t) => {
    const rig = rigFor(t)
    rig.log(xid79)
    await rig.clock.advance(hour)
    await rig.start({ acceptOldLines: true })
    await rig.pass(2_000)
    assert.equal(gpu(rig)?.status, 'False')
    assert.equal(gpu(rig)?.lastTransitionTime.slice(0, 16), now(rig))
  })

  it('is not one when the state file alone is lost: what was condemned stays so, with its time', async (t) => {
    const rig = rigFor(t)
    await rig.start()
    rig.log(xid79)
    await rig.pass(10_000)
    const since = gpu(rig)?.lastTransitionTime
    await rig.stop()
    await rig.clock.advance(hour)
    rmSync(join(rig.root, 'var/state.json'))
    await rig.start()
    await rig.pass(2_000)
    assert.deepEqual([gpu(rig)?.status, gpu(rig)?.lastTransitionTime], ['False', since])
  })

  it('a report after an outage of the API server says when it turned, not when the line was logged', async (t) => {
    const rig = rigFor(t)
    await rig.start()
    await rig.stop()
    rig.log(xid79)
    await rig.clock.advance(hour)
    await rig.start()
    await rig.pass(2_000)
    assert.equal(gpu(rig)?.status, 'False', 'it was logged while the agent was away: it counts')
    assert.equal(gpu(rig)?.lastTransitionTime.slice(0, 16), now(rig))
  })
})
