/** The agent through its front door: a machine in a folder, an API server in hand, time by the hour. */
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { AgentRig } from './rig.ts'

const xid79 = "NVRM: Xid (PCI:0000:3b:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus."
const xid31 = 'NVRM: Xid (PCI:0000:5e:00): 31, pid=4242, name=python, Ch 00000008, intr 10000000. MMU Fault'
const minute = 60_000

function rigFor(t: TestContext): AgentRig {
  const rig = new AgentRig()
  t.after(() => rig.end())
  return rig
}

/** Value of a metric without labels. */
async function metric(rig: AgentRig, name: string): Promise<string> {
  return new RegExp(`^${name} (.*)$`, 'm').exec((await rig.page('/metrics')).text)?.[1] ?? 'absent'
}

/** Type and message of the Events that were written about `reason`, in order. */
function eventsOf(rig: AgentRig, reason: string): string[] {
  return [...rig.api.events.values()]
    .filter(({ message }) => message.startsWith(`${reason}:`))
    .map(({ type, message }) => `${type} ${message}`)
}

describe('the agent', () => {
  it('reports five conditions after its first check, then a heartbeat every five minutes and nothing else', async (t) => {
    const rig = rigFor(t)
    await rig.start()
    assert.deepEqual(
      rig.api.conditions.map(({ type, status }) => `${type}=${status}`),
      [
        'KernelReady=True',
        'NetworkingReady=True',
        'StorageReady=True',
        'ContainerRuntimeReady=True',
        'AcceleratedHardwareReady=True',
      ],
    )
    for (let n = 0; n < 20; n++) await rig.pass(minute)
    const expected = 'apply nodes/status worker-1'
    assert.deepEqual([...new Set(rig.api.calls)], [expected])
    assert.ok(rig.api.calls.length >= 4 && rig.api.calls.length <= 5, `${rig.api.calls.length} writes in 20 minutes`)
  })

  it('turns the condition of a hardware fault, and only tells of an application’s', async (t) => {
    const rig = rigFor(t)
    await rig.start()
    rig.log(xid31)
    rig.log(xid79)
    await rig.pass(2000)
    const accelerated = rig.api.condition('AcceleratedHardwareReady')
    assert.deepEqual([accelerated?.status, accelerated?.reason], ['False', 'NvidiaXID79Error'])
    const told = [...rig.api.events.values()].map(
      ({ type, reason, message }) => `${type} ${reason} ${message.split(':')[0]}`,
    )
    assert.deepEqual(told.sort(), [
      'Warning AcceleratedHardwareReady NvidiaXID31Warning',
      'Warning AcceleratedHardwareReady NvidiaXID79Error',
    ])
  })

  it('takes a line from user space as one, and can be told not to believe it', async (t) => {
    const rig = rigFor(t)
    await rig.start()
    rig.log(xid79, 12)
    await rig.pass(1000)
    assert.match(rig.api.condition('AcceleratedHardwareReady')?.message ?? '', /written from user space/)
    const strict = rigFor(t)
    await strict.start({ acceptUserFacility: false })
    strict.log(xid79, 12)
    await strict.pass(2000)
    assert.equal(strict.api.condition('AcceleratedHardwareReady')?.status, 'True')
    assert.equal(strict.api.events.size, 1)
  })

  it('writes the log lines and keys of the guide', async (t) => {
    const rig = rigFor(t)
    await rig.start({ level: 'debug' })
    const lines = rig.lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    const reported = lines.find(({ msg }) => msg === 'reported node conditions')
    assert.ok(lines.some(({ msg }) => msg === 'reporting managed conditions'))
    assert.deepEqual([reported?.level, reported?.hostname], ['info', 'worker-1'])
    assert.match(String(reported?.ts), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/)
  })
})

describe('metrics', () => {
  it('are there with their first value 0 before there is anything to count, so that increase() sees the first one', async (t) => {
    const rig = rigFor(t)
    await rig.start()
    const fresh = (await rig.page('/metrics')).text
    const counters = [...fresh.matchAll(/^# TYPE (\w+) counter$/gm)].map(([, name]) => name)
    const silent = counters.filter((name) => !new RegExp(`^${name}(?:\\{.*\\})? \\d+$`, 'm').test(fresh))
    assert.deepEqual(silent, [])
    const expected = [
      'nodemend_findings_total{severity="warning",reason="SoftLockup"}',
      'nodemend_findings_total{severity="warning",reason="AgentStateNotSaved"}',
      'nodemend_findings_total{severity="fatal",reason="FilesystemReadOnly"}',
      'nodemend_findings_total{severity="warning",reason="FilesystemReadOnly"}',
      'nodemend_findings_active{type="StorageReady",severity="fatal"}',
      'nodemend_kmsg_lost_records_total',
      'nodemend_config_errors_total{kind="rules"}',
      'nodemend_state_writes_total{code="ENOSPC"}',
      'nodemend_api_writes_total{verb="apply",resource="events",code="NM_KUBE_INVALID"}',
    ]
    for (const series of expected) assert.ok(fresh.includes(`\n${series} 0\n`), series)
    assert.ok(!fresh.includes('NvidiaXID79Error'), 'a machine without such a GPU has no series of Xids')
    rig.log('EXT4-fs (sda1): Remounting filesystem read-only')
    await rig.pass(2000)
    const later = (await rig.page('/metrics')).text
    const series = later.split('\n').filter((line) => line.startsWith(expected[2] ?? ''))
    assert.deepEqual(series, [`${expected[2]} 1`], 'shown once, with its value')
  })

  it('follow the configuration, and know the Xids where there is an NVIDIA GPU', async (t) => {
    const rig = rigFor(t)
    rig.file('sys/bus/pci/devices/0000:3b:00.0/vendor', '0x10de\n')
    rig.file('sys/bus/pci/devices/0000:3b:00.0/device', '0x2330\n')
    rig.file('sys/bus/pci/devices/0000:3b:00.0/class', '0x030200\n')
    rig.file('etc/config.yaml', 'reasons: {SoftLockup: {severity: fatal}, OOMKilling: {disabled: true}}\n')
    await rig.start()
    const { text } = await rig.page('/metrics')
    assert.match(text, /^nodemend_findings_total\{severity="fatal",reason="NvidiaXID79Error"\} 0$/m)
    assert.match(text, /^nodemend_findings_total\{severity="fatal",reason="SoftLockup"\} 0$/m)
    assert.doesNotMatch(text, /reason="OOMKilling"/)
  })
})

describe('the API server', () => {
  it('may be away at the start: the agent runs, and what it saw is reported within two seconds of its return', async (t) => {
    const rig = rigFor(t)
    rig.api.refusal = 'NM_KUBE_NETWORK'
    await rig.start()
    rig.log(xid79)
    await rig.pass(10 * minute)
    assert.equal((await rig.page('/healthz')).status, 200)
    rig.api.refusal = undefined
    await rig.pass(2100)
    assert.equal(rig.api.condition('AcceleratedHardwareReady')?.status, 'False')
    await rig.pass(2100)
    assert.equal(rig.api.events.size, 1)
  })

  it('is spared while it asks for rest, and when nothing but a heartbeat waits', async (t) => {
    const rig = rigFor(t)
    await rig.start()
    rig.api.refusal = 'NM_KUBE_UNAVAILABLE'
    const before = rig.api.calls.length
    await rig.pass(6 * minute)
    for (let n = 0; n < 20; n++) await rig.pass(minute)
    const tries = rig.api.calls.length - before
    assert.ok(tries < 40, `${tries} tries in 26 minutes`)
  })

  it('may not know the node yet', async (t) => {
    const rig = rigFor(t)
    rig.api.refusal = 'NM_KUBE_NOT_FOUND'
    await rig.start()
    await rig.pass(minute)
    const complaint = rig.lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .find(({ msg }) => /cannot report/.test(String(msg)))
    assert.match(String(complaint?.remedy), /--hostname-override/)
    rig.api.refusal = undefined
    await rig.pass(2 * minute)
    assert.equal(rig.api.conditions.length, 5)
  })
})

describe('a restart', () => {
  it('keeps conditions, their times and what was told, and sees what was logged meanwhile', async (t) => {
    const rig = rigFor(t)
    await rig.start()
    rig.log(xid79)
    await rig.pass(2000)
    const before = rig.api.condition('AcceleratedHardwareReady')
    await rig.stop()
    rig.api.events.clear()
    rig.log(xid31)
    await rig.pass(minute)
    await rig.start()
    await rig.pass(2000)
    const after = rig.api.condition('AcceleratedHardwareReady')
    assert.equal(after?.lastTransitionTime, before?.lastTransitionTime)
    assert.equal(after?.message, before?.message)
    assert.deepEqual(
      [...rig.api.events.values()].map(({ message }) => message.split(':')[0]),
      ['NvidiaXID31Warning'],
    )
  })

  it('after which nothing is known but the log comes to the same conditions', async (t) => {
    const rig = rigFor(t)
    await rig.start()
    rig.log(xid79)
    await rig.pass(2000)
    const before = rig.api.condition('AcceleratedHardwareReady')
    const [event] = rig.api.events.keys()
    await rig.stop()
    writeFileSync(join(rig.root, 'var/state.json'), '{"version":1,"time":')
    await rig.start()
    await rig.pass(2000)
    assert.equal(rig.api.condition('AcceleratedHardwareReady')?.lastTransitionTime, before?.lastTransitionTime)
    assert.deepEqual([...rig.api.events.keys()], [event], 'the same line is the same Event')
    assert.ok(rig.lines.some((line) => line.includes('the state file is not usable')))
  })

  it('of the machine clears what a boot clears', async (t) => {
    const rig = rigFor(t)
    await rig.start()
    rig.log(xid79)
    await rig.pass(2000)
    await rig.stop()
    rig.reboot('boot-two-00000000')
    rig.file('dev/kmsg', '')
    await rig.start()
    await rig.pass(2000)
    assert.equal(rig.api.condition('AcceleratedHardwareReady')?.status, 'True')
    const over = [...rig.api.events.values()].find(({ type }) => type === 'Normal')
    assert.match(over?.message ?? '', /^NvidiaXID79Error: over: the machine was rebooted/)
  })
})

describe('a machine in trouble', () => {
  it('may jump its clock: nothing ends and nothing turns', async (t) => {
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

  it('may log 50,000 lines at once, cut and binary ones among them', async (t) => {
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
    assert.equal(await metric(rig, 'nodemend_kmsg_unreadable_records_total'), '1', 'the line of 200,000 bytes')
    assert.equal(await metric(rig, 'nodemend_kmsg_unframed_records_total'), '1', 'the same line')
    assert.equal(rig.lines.filter((line) => line.includes('could not be read, or not whole')).length, 1)
  })

  it('may have no room for the state file: the old one stays, the agent goes on and says so', async (t) => {
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

  it('may have a disk that hangs: it reports as before, no writes pile up, and it says what it cannot keep', async (t) => {
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
    assert.match(await metric(rig, 'nodemend_state_unsaved_seconds'), /^6\d\d(?:\.\d+)?$/)
    assert.equal(rig.api.condition('StorageReady')?.status, 'True')
    assert.deepEqual(eventsOf(rig, 'AgentStateNotSaved'), [
      'Warning AgentStateNotSaved: the agent’s state file is being written and the disk does not answer',
    ])
    assert.equal(rig.lines.filter((line) => line.includes('the state is not kept')).length, 1)
    rig.disk.recover()
    await rig.pass(2 * minute)
    assert.equal(await metric(rig, 'nodemend_state_unsaved_seconds'), '0')
    assert.match(eventsOf(rig, 'AgentStateNotSaved').at(-1) ?? '', /^Normal AgentStateNotSaved: recovered/)
    assert.match(readFileSync(join(rig.root, 'var/state.json'), 'utf8'), /NvidiaXID79Error/)
  })

  it('may have a disk that hangs while the agent ends: it ends within seconds and says what is lost', async (t) => {
    const rig = rigFor(t)
    await rig.start()
    rig.disk.hangs = true
    rig.log(xid79)
    await rig.pass(1000)
    const asked = rig.clock.monotonic()
    await rig.stop()
    assert.ok(rig.clock.monotonic() - asked < 10_000, `${rig.clock.monotonic() - asked} ms`)
    assert.ok(rig.lines.some((line) => line.includes('ending without the newest state on disk')))
    rig.disk.recover()
  })

  it('may have a disk that hangs while the agent starts: the node is watched, from the whole log', async (t) => {
    const rig = rigFor(t)
    await rig.start()
    await rig.stop()
    rig.log(xid79)
    rig.disk.hangs = true
    const before = rig.disk.writes
    await rig.start()
    await rig.pass(minute)
    assert.equal(rig.api.condition('AcceleratedHardwareReady')?.status, 'False')
    assert.equal(rig.disk.writes, before, 'what hangs in reading takes no second thread for writing')
    assert.equal(eventsOf(rig, 'AgentStateNotSaved').length, 1)
    rig.disk.recover()
    await rig.pass(minute)
    assert.match(readFileSync(join(rig.root, 'var/state.json'), 'utf8'), /NvidiaXID79Error/)
  })

  it('may keep its kernel log to itself: Unknown, with what to do, and then True once it can be read', async (t) => {
    const rig = rigFor(t)
    rmSync(join(rig.root, 'dev/kmsg'))
    await rig.start()
    await rig.pass(3000)
    const kernel = rig.api.condition('KernelReady')
    assert.deepEqual([kernel?.status, kernel?.reason], ['Unknown', 'CannotCheck'])
    assert.match(kernel?.message ?? '', /mount the host/)
    assert.equal((await rig.page('/healthz')).status, 200)
  })
})

describe('configuration', () => {
  it('can make a file system on a loop device fatal, which by itself is a warning', async (t) => {
    const rig = rigFor(t)
    await rig.start()
    rig.log('EXT4-fs (loop0): Remounting filesystem read-only')
    await rig.pass(2000)
    assert.equal(rig.api.condition('StorageReady')?.status, 'True')
    assert.deepEqual(eventsOf(rig, 'FilesystemReadOnly'), [
      'Warning FilesystemReadOnly: loop0 is read-only now (a device that is no part of the machine)',
    ])
    rig.file('etc/config.yaml', 'reasons: {FilesystemReadOnly: {severity: fatal}}\n')
    await rig.pass(61_000)
    assert.equal(rig.api.condition('StorageReady')?.status, 'False')
  })

  it('is reloaded; a bad file changes nothing and says where', async (t) => {
    const rig = rigFor(t)
    rig.file('etc/config.yaml', 'reasons: {NvidiaXID79Error: {severity: warning}}\n')
    await rig.start()
    rig.log(xid79)
    await rig.pass(2000)
    assert.equal(rig.api.condition('AcceleratedHardwareReady')?.status, 'True')
    rig.file('etc/config.yaml', 'reasons: {NvidiaXID79Error: {severity: lethal}}\n')
    await rig.pass(61_000)
    assert.equal(rig.api.condition('AcceleratedHardwareReady')?.status, 'True')
    assert.ok(
      rig.lines.some((line) => line.includes('config.yaml:1:40')),
      'names the place',
    )
    rmSync(join(rig.root, 'etc/config.yaml'))
    await rig.pass(61_000)
    assert.equal(rig.api.condition('AcceleratedHardwareReady')?.status, 'False')
  })
})
