/** Upgrade and downgrade of the agent between release 0.1.0 and this version while a fault is raised. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { refusedBy010 } from './releases/state-file-0.1.0.ts'
import { type AgentRig, rigFor } from './rig.ts'

const fixture = join(import.meta.dirname, '..', '..', 'fixtures', 'releases', '0.1.0', 'state.json')
const xid79 = "NVRM: Xid (PCI:0000:3b:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus."

const stateFile = (rig: AgentRig): string => join(rig.root, 'var/state.json')
const gpu = (rig: AgentRig) => rig.api.condition('AcceleratedHardwareReady')

describe('the state file', () => {
  it('of 0.1.0 is accepted: no condition changes, no Event repeats, and times stay', async (t) => {
    const rig = rigFor(t)
    rig.file('var/state.json', readFileSync(fixture, 'utf8'))
    await rig.start()
    await rig.pass(2_000)
    assert.deepEqual([gpu(rig)?.status, gpu(rig)?.reason], ['False', 'NvidiaXID79Error'])
    assert.equal(gpu(rig)?.lastTransitionTime, '2026-01-01T00:00:00Z')
    assert.match(rig.api.condition('StorageReady')?.message ?? '', /written from user space/)
    assert.equal(rig.api.events.size, 0)
  })

  it('of this version is accepted by 0.1.0, whatever is raised', async (t) => {
    const rig = rigFor(t)
    rig.file('proc/sys/net/netfilter/nf_conntrack_count', '950\n')
    rig.file('proc/sys/net/netfilter/nf_conntrack_max', '1000\n')
    await rig.start()
    rig.log(xid79)
    rig.log('EXT4-fs (sda1): Remounting filesystem read-only', 12)
    for (let n = 0; n < 6; n++) await rig.pass(10_000)
    await rig.stop()
    const text = readFileSync(stateFile(rig), 'utf8')
    assert.match(text, /"ConntrackNearlyFull\|"/)
    assert.equal(refusedBy010(text), undefined)
  })

  it('F8: of a newer version, with unknown sections and values, keeps a fatal finding', async (t) => {
    const rig = rigFor(t)
    await rig.start()
    rig.log(xid79)
    await rig.pass(2_000)
    const before = gpu(rig)
    await rig.stop()
    rig.file('dev/kmsg', '') // the line has left the ring
    const file = JSON.parse(readFileSync(stateFile(rig), 'utf8'))
    const unknown = { ...file.findings[0][1], leader: { ...file.findings[0][1].leader, severity: 'lethal' } }
    file.findings.push(['Unknown|', unknown])
    writeFileSync(
      stateFile(rig),
      JSON.stringify({ ...file, version: 3, notices: 'elsewhere', leases: [1, 2], dropped: null }),
    )
    await rig.start()
    await rig.pass(2_000)
    assert.deepEqual([gpu(rig)?.status, gpu(rig)?.lastTransitionTime], ['False', before?.lastTransitionTime])
    const lost = rig.logged().find(({ msg }) => String(msg).startsWith('parts of the state file'))?.lost
    assert.deepEqual(lost, ['findings[1]', 'notices'])
  })
})
