/** The agent on a machine in trouble, tested through the whole agent. */
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { mostNotices } from '../../src/detect/lifecycle/draft.ts'
import { burst, refillMs } from '../../src/detect/report/event-writer.ts'
import { rigFor } from './rig.ts'

const xid79 = "NVRM: Xid (PCI:0000:3b:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus."
const xid31 = 'NVRM: Xid (PCI:0000:5e:00): 31, pid=4242, name=python, Ch 00000008, intr 10000000. MMU Fault'
const minute = 60_000

describe('a machine in trouble', () => {
  it('may jump its clock: no finding ends and no condition changes', async (t) => {
    const rig = rigFor(t)
    await rig.start()
    rig.log(xid79)
    await rig.pass(2000)
    const before = rig.api.condition('AcceleratedHardwareReady')
    rig.clock.skew(400 * 86_400_000)
    await rig.pass(6 * minute)
    rig.clock.skew(-800 * 86_400_000)
    await rig.pass(6 * minute)
    const after = rig.api.condition('AcceleratedHardwareReady')
    assert.equal(after?.status, 'False')
    assert.equal(after?.reason, before?.reason)
  })

  it('may log 50,000 lines at once, including cut and binary ones', async (t) => {
    const rig = rigFor(t)
    await rig.start()
    const noise = Array.from(
      { length: 50_000 },
      (_, n) => `4,${n},${n},-;\x00\xff\x1b[31m noise ${n} ${'\\x00'.repeat(n % 7)}\n`,
    )
    noise.splice(30_000, 0, `3,30000,1,-;${xid79}\n`, '3,30001,1', ',-;cut\n', '\n', `${'x'.repeat(200_000)}\n`)
    writeFileSync(join(rig.root, 'dev/kmsg'), noise.join(''), 'latin1')
    await rig.pass(5000)
    await rig.pass(5000)
    assert.equal(rig.api.condition('AcceleratedHardwareReady')?.status, 'False')
    assert.match((await rig.page('/metrics')).text, /nodemend_kmsg_records_total 5000\d/)
    assert.equal(await rig.metric('nodemend_kmsg_unreadable_records_total'), '1', 'the line of 200,000 bytes')
    assert.equal(await rig.metric('nodemend_kmsg_unframed_records_total'), '1', 'the same line')
    assert.equal(rig.lines.filter((line) => line.includes('could not be read completely')).length, 1)
  })

  it('may log 50,000 faults at once: the gravest is reported at once, others slowly, dropped ones are counted', async (t) => {
    const rig = rigFor(t)
    await rig.start()
    const storm = Array.from(
      { length: 50_000 },
      (_, n) => `4,${n},${n},-;EXT4-fs warning (device sd${n}): ext4_end_bio:343: I/O error 17 writing to inode 20\n`,
    )
    writeFileSync(join(rig.root, 'dev/kmsg'), `${storm.join('')}3,50000,1,-;${xid79}\n`)
    await rig.pass(2000)
    assert.equal(rig.api.condition('AcceleratedHardwareReady')?.status, 'False')
    await rig.pass(refillMs)
    assert.equal(rig.eventsOf('NvidiaXID79Error').length, 1, 'two hundred warnings do not delay it')
    assert.ok(rig.api.events.size <= burst + 4, `${rig.api.events.size} Events in 4 s`)
    for (let n = 0; n < 9; n++) await rig.pass(minute)
    assert.ok(rig.api.events.size <= burst + mostNotices, `${rig.api.events.size} Events in all`)
    assert.equal(await rig.metric('nodemend_events_waiting'), '0')
    const { text } = await rig.page('/metrics')
    assert.match(text, /^nodemend_dropped_total\{kind="findings"\} 49\d{3}$/m)
    assert.ok(rig.lines.length < 150, `${rig.lines.length} lines of our own`)
  })

  it('may have no space for the state file: the old one stays, the agent continues and reports it', async (t) => {
    const rig = rigFor(t)
    await rig.start()
    await rig.pass(1000)
    const stored = readFileSync(join(rig.root, 'var/state.json'), 'utf8')
    mkdirSync(join(rig.root, 'var/state.json.new')) // even root cannot write a file there
    rig.log(xid79)
    await rig.pass(minute)
    assert.equal(rig.api.condition('AcceleratedHardwareReady')?.status, 'False')
    assert.equal(readFileSync(join(rig.root, 'var/state.json'), 'utf8'), stored)
    assert.match((await rig.page('/metrics')).text, /nodemend_state_writes_total\{code="E[A-Z]+"\} [1-9]/)
  })

  it('may have a hanging disk: the agent reports as before, queues no writes, and reports the unsaved state', async (t) => {
    const rig = rigFor(t)
    await rig.start()
    await rig.pass(1000)
    rig.disk.hangs = true
    const before = rig.disk.writes
    rig.log(xid79)
    await rig.pass(2000)
    assert.equal(rig.api.condition('AcceleratedHardwareReady')?.status, 'False')
    for (let n = 0; n < 10; n++) {
      rig.log(xid31)
      await rig.pass(minute)
    }
    assert.equal(rig.disk.writes, before + 1)
    assert.match(await rig.metric('nodemend_state_unsaved_seconds'), /^6\d\d(?:\.\d+)?$/)
    assert.equal(rig.api.condition('StorageReady')?.status, 'True')
    assert.deepEqual(rig.eventsOf('AgentStateNotSaved'), [
      'Warning AgentStateNotSaved: writing the agent’s state file does not return: the disk does not answer',
    ])
    assert.equal(rig.lines.filter((line) => line.includes('the state is not on disk')).length, 1)
    rig.disk.recover()
    await rig.pass(2 * minute)
    assert.equal(await rig.metric('nodemend_state_unsaved_seconds'), '0')
    assert.match(rig.eventsOf('AgentStateNotSaved').at(-1) ?? '', /^Normal AgentStateNotSaved: recovered/)
    assert.match(readFileSync(join(rig.root, 'var/state.json'), 'utf8'), /NvidiaXID79Error/)
  })

  it('may have a disk that hangs while the agent stops: it stops within seconds and logs what is lost', async (t) => {
    const rig = rigFor(t)
    await rig.start()
    rig.disk.hangs = true
    rig.log(xid79)
    await rig.pass(1000)
    const asked = rig.clock.monotonic()
    await rig.stop()
    assert.ok(rig.clock.monotonic() - asked < 10_000, `${rig.clock.monotonic() - asked} ms`)
    assert.ok(rig.lines.some((line) => line.includes('stopping without the newest state on disk')))
    rig.disk.recover()
  })

  it('may have a disk that hangs while the agent starts: the agent monitors the node from the whole log', async (t) => {
    const rig = rigFor(t)
    await rig.start()
    await rig.stop()
    rig.log(xid79)
    rig.disk.hangs = true
    const before = rig.disk.writes
    await rig.start()
    await rig.pass(minute)
    assert.equal(rig.api.condition('AcceleratedHardwareReady')?.status, 'False')
    assert.equal(rig.disk.writes, before, 'a hanging read occupies one thread, and no write starts')
    assert.equal(rig.eventsOf('AgentStateNotSaved').length, 1)
    rig.disk.recover()
    await rig.pass(minute)
    assert.match(readFileSync(join(rig.root, 'var/state.json'), 'utf8'), /NvidiaXID79Error/)
  })

  it('may have an unreadable kernel log: Unknown with a remedy, then True once it can be read', async (t) => {
    const rig = rigFor(t)
    rmSync(join(rig.root, 'dev/kmsg'))
    await rig.start()
    await rig.pass(3000)
    const kernel = rig.api.condition('KernelReady')
    assert.deepEqual([kernel?.status, kernel?.reason], ['Unknown', 'CannotCheck'])
    assert.match(kernel?.message ?? '', /mount the host/)
    assert.equal((await rig.page('/healthz')).status, 200)
    for (let n = 0; n < 20; n++) await rig.pass(minute)
    const active = /^nodemend_findings_active\{type="KernelReady",severity="warning"\} 1$/m
    assert.match((await rig.page('/metrics')).text, active, 'while it lasts')
    assert.match(rig.eventsOf('MonitorFailed')[0] ?? '', /^Warning MonitorFailed: The kernel log cannot be read/)
    rig.file('dev/kmsg', '')
    await rig.pass(2 * minute)
    assert.equal(rig.api.condition('KernelReady')?.status, 'True')
    assert.deepEqual(rig.eventsOf('MonitorFailed').slice(1), ['Normal MonitorFailed: recovered on kernel'])
  })
})
