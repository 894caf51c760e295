/** L11: acknowledged findings, and lines that user space wrote. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { acknowledgedKey, writeAcknowledgements } from '../../src/model/acknowledgement.ts'
import { type AgentRig, rigFor } from './rig.ts'

const xid79 = "NVRM: Xid (PCI:0000:3b:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus."
const hour = 3_600_000
const minute = 60_000

const gpu = (rig: AgentRig) => rig.api.condition('AcceleratedHardwareReady')

function acknowledge(rig: AgentRig, until: number, device?: string): void {
  const one = { reason: 'NvidiaXID79Error', until, why: 'known, RMA 4711', ...(device !== undefined && { device }) }
  rig.api.annotations = { [acknowledgedKey]: writeAcknowledgements([one]) }
}

/** Waits long enough for a heartbeat. */
async function heartbeat(rig: AgentRig): Promise<void> {
  for (let n = 0; n < 6; n++) await rig.pass(minute)
}

describe('L11: an acknowledged finding', () => {
  it('does not condemn the node, is marked as acknowledged, and survives a restart', async (t) => {
    const rig = rigFor(t)
    await rig.start()
    rig.log(xid79)
    await rig.pass(2_000)
    assert.equal(gpu(rig)?.status, 'False')
    acknowledge(rig, rig.clock.now() + 24 * hour, '0000:3b:00')
    await heartbeat(rig)
    assert.equal(gpu(rig)?.status, 'True')
    assert.match(gpu(rig)?.message ?? '', /warnings: NvidiaXID79Error$/)
    await rig.stop()
    rig.api.refusal = 'NM_KUBE_NETWORK'
    await rig.start()
    rig.api.refusal = undefined
    rig.log(xid79)
    await rig.pass(minute)
    assert.equal(gpu(rig)?.status, 'True', 'seen again while it is acknowledged')
  })

  it('condemns again when the fault is seen after the end of the acknowledgement, not before', async (t) => {
    const rig = rigFor(t)
    await rig.start()
    acknowledge(rig, rig.clock.now() + hour)
    await heartbeat(rig)
    rig.log(xid79)
    await rig.pass(2_000)
    assert.equal(gpu(rig)?.status, 'True')
    assert.match(rig.eventsOf('NvidiaXID79Error')[0] ?? '', /\(acknowledged until \S+: known, RMA 4711\)$/)
    for (let n = 0; n < 12; n++) await heartbeat(rig)
    assert.equal(gpu(rig)?.status, 'True', 'the end alone says nothing about the fault')
    rig.log(xid79)
    await rig.pass(2_000)
    assert.equal(gpu(rig)?.status, 'False')
  })

  it('condemns at once when the acknowledgement is withdrawn, and covers no other device', async (t) => {
    const rig = rigFor(t)
    await rig.start()
    acknowledge(rig, rig.clock.now() + 24 * hour, '0000:5e:00')
    await heartbeat(rig)
    rig.log(xid79)
    await rig.pass(2_000)
    assert.equal(gpu(rig)?.status, 'False', '3b:00 is not 5e:00')
    acknowledge(rig, rig.clock.now() + 24 * hour)
    await heartbeat(rig)
    assert.equal(gpu(rig)?.status, 'True')
    rig.api.annotations = {}
    await heartbeat(rig)
    assert.equal(gpu(rig)?.status, 'False')
  })

  it('stays acknowledged when the annotation becomes invalid, and the log gives a remedy', async (t) => {
    const rig = rigFor(t)
    await rig.start()
    rig.api.annotations = { [acknowledgedKey]: '[{"reason": 1}]' }
    await heartbeat(rig)
    await heartbeat(rig)
    const told = rig.logged().filter(({ msg }) => String(msg).includes('cannot be read'))
    assert.equal(told.length, 1)
    assert.match(String(told[0]?.remedy), /nodemend acknowledge worker-1 REASON/)
  })
})

describe('L11: a line that user space wrote', () => {
  it('is marked when it names a device that this machine does not have', async (t) => {
    const rig = rigFor(t)
    rig.file('sys/bus/pci/devices/0000:5e:00.0/vendor', '0x10de\n')
    await rig.start()
    rig.log(xid79, 12)
    await rig.pass(2_000)
    assert.match(
      gpu(rig)?.message ?? '',
      /no such device on this machine.*\(written from user space: an unannounced drill\)/,
    )
  })
})
