/** L1: the first start on a node whose kernel log holds old faults. */
import assert from 'node:assert/strict'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
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
  it('reports a fatal line of an hour ago, and does not condemn the node for it', async (t) => {
    const rig = rigFor(t)
    rig.log(xid79)
    const logged = new Date(rig.clock.now()).toISOString().slice(0, 19)
    await rig.clock.advance(hour)
    await rig.start()
    await rig.pass(2_000)
    assert.equal(gpu(rig)?.status, 'True')
    assert.equal(
      gpu(rig)?.lastTransitionTime.slice(0, 16),
      now(rig),
      'a condition new to the node has the current time',
    )
    const [told = ''] = rig.eventsOf('NvidiaXID79Error')
    assert.ok(told.endsWith(`(logged at ${logged}Z, before this agent first ran)`), told)
  })

  it('condemns the node once the fault is logged again', async (t) => {
    const rig = rigFor(t)
    rig.log(xid79)
    await rig.clock.advance(hour)
    await rig.start()
    rig.log(xid79)
    await rig.pass(2_000)
    assert.equal(gpu(rig)?.status, 'False')
    assert.equal(gpu(rig)?.lastTransitionTime.slice(0, 16), now(rig))
  })

  it('condemns the node while the fault is present: the device is lost, the mount is read-only', async (t) => {
    const rig = rigFor(t)
    rig.log(xid79)
    rig.log(readOnly)
    rig.file('sys/bus/pci/devices/0000:5e:00.0/vendor', '0x10de\n') // another device is present, 3b:00 is not
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
    assert.equal(gpu(rig)?.lastTransitionTime.slice(0, 16), now(rig), 'the message has the time of the line')
  })

  it('does not condemn the node for a device of which the machine has no trace', async (t) => {
    const rig = rigFor(t)
    rig.log(xid79)
    rig.file('sys/bus/pci/devices/0000:00:04.0/vendor', '0x1d0f\n')
    await rig.clock.advance(hour)
    await rig.start()
    await rig.pass(2_000)
    assert.equal(gpu(rig)?.status, 'True')
  })

  it('does not condemn the node when the mount is writable again', async (t) => {
    const rig = rigFor(t)
    rig.log(readOnly)
    rig.file('proc/1/mountinfo', '25 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro\n')
    await rig.clock.advance(hour)
    await rig.start()
    await rig.pass(2_000)
    assert.equal(storage(rig)?.status, 'True')
  })

  it('condemns the node when the operator configures that', async (t) => {
    const rig = rigFor(t)
    rig.log(xid79)
    await rig.clock.advance(hour)
    await rig.start({ acceptOldLines: true })
    await rig.pass(2_000)
    assert.equal(gpu(rig)?.status, 'False')
    assert.equal(gpu(rig)?.lastTransitionTime.slice(0, 16), now(rig))
  })

  it('does not count as one when only the state file is lost: conditions keep their status and time', async (t) => {
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

  it('keeps its time when the agent is killed before the log is read: the second start condemns nothing either', async (t) => {
    const rig = rigFor(t)
    rig.log(xid79)
    await rig.clock.advance(hour)
    await rig.start()
    await rig.pass(2_000)
    await rig.stop()
    const file = join(rig.root, 'var/state.json')
    const { version, time } = JSON.parse(readFileSync(file, 'utf8'))
    writeFileSync(file, JSON.stringify({ version, time })) // what the agent saves before it reads a line
    await rig.start()
    await rig.pass(2_000)
    assert.equal(gpu(rig)?.status, 'True')
    rig.log(xid79)
    await rig.pass(2_000)
    assert.equal(gpu(rig)?.status, 'False')
  })

  it('a report after an API server outage has the time of the transition, not of the line', async (t) => {
    const rig = rigFor(t)
    await rig.start()
    await rig.stop()
    rig.log(xid79)
    await rig.clock.advance(hour)
    await rig.start()
    await rig.pass(2_000)
    assert.equal(gpu(rig)?.status, 'False', 'a line logged while the agent was down counts')
    assert.equal(gpu(rig)?.lastTransitionTime.slice(0, 16), now(rig))
  })
})
