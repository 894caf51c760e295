/** The agent as a whole: a machine in a folder, a scripted API server and a stepped clock. */
import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { type AgentRig, rigFor } from './rig.ts'

const xid79 = "NVRM: Xid (PCI:0000:3b:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus."
const xid31 = 'NVRM: Xid (PCI:0000:5e:00): 31, pid=4242, name=python, Ch 00000008, intr 10000000. MMU Fault'
const minute = 60_000

/** Number of Events of this severity that were given up. */
async function given(rig: AgentRig, severity: string): Promise<string | undefined> {
  const { text } = await rig.page('/metrics')
  return new RegExp(`^nodemend_events_given_up_total\\{severity="${severity}"\\} (\\d+)$`, 'm').exec(text)?.[1]
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
    assert.equal(rig.api.calls.shift(), 'patch nodes/status worker-1', 'reads the conditions of an earlier agent')
    assert.deepEqual([...new Set(rig.api.calls)], ['apply nodes/status worker-1'])
    assert.ok(rig.api.calls.length >= 4 && rig.api.calls.length <= 5, `${rig.api.calls.length} writes in 20 minutes`)
  })

  it('turns the condition False for a hardware fault, and only reports an application’s', async (t) => {
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

  it('joins the kernel’s text and the advice without a full stop before the semicolon', async (t) => {
    const rig = rigFor(t)
    await rig.start()
    rig.log(xid79)
    rig.log('nvidia-nvswitch3: SXid (PCI:0000:c1:00.0): 12028, Fatal, Link 32 egress error.')
    await rig.pass(2000)
    const { message = '' } = rig.api.condition('AcceleratedHardwareReady') ?? {}
    assert.match(message, /GPU has fallen off the bus; \S/)
    assert.match(message, /Link 32 egress error; \S/)
    for (const text of [message, ...[...rig.api.events.values()].map((event) => event.message)]) {
      assert.doesNotMatch(text, /[.,;:][;,.]/)
    }
  })

  it('marks a line from user space, and can be configured not to trust it', async (t) => {
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

  it('writes the documented log lines and keys', async (t) => {
    const rig = rigFor(t)
    await rig.start({ level: 'debug' })
    const lines = rig.lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    const reported = lines.find(({ msg }) => msg === 'reported node conditions')
    assert.ok(lines.some(({ msg }) => msg === 'reporting managed conditions'))
    assert.deepEqual([reported?.level, reported?.hostname], ['info', 'worker-1'])
    assert.match(String(reported?.ts), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/)
  })
})

describe('the API server', () => {
  it('may be down at the start: the agent runs, and reports within five seconds of its return, however long it was away', async (t) => {
    const rig = rigFor(t)
    rig.api.refusal = 'NM_KUBE_NETWORK'
    await rig.start()
    rig.log(xid79)
    await rig.pass(10 * minute)
    assert.equal((await rig.page('/healthz')).status, 200)
    rig.api.refusal = undefined
    await rig.pass(5100)
    assert.equal(rig.api.condition('AcceleratedHardwareReady')?.status, 'False')
    await rig.pass(5100)
    assert.equal(rig.api.events.size, 1)
  })

  it('must accept one report before the agent is ready; a later outage changes nothing', async (t) => {
    const rig = rigFor(t)
    rig.api.refusal = 'NM_KUBE_UNAUTHORIZED'
    await rig.start()
    await rig.pass(minute)
    assert.deepEqual(await rig.page('/readyz'), {
      status: 503,
      text: 'no report has reached https://scripted yet: NM_KUBE_UNAUTHORIZED\n',
    })
    rig.api.refusal = undefined
    await rig.pass(5 * minute)
    assert.equal((await rig.page('/readyz')).status, 200)
    rig.api.refusal = 'NM_KUBE_NETWORK'
    await rig.pass(10 * minute)
    assert.equal((await rig.page('/readyz')).status, 200)
  })

  it('may reject an Event: it is retried, then given up, counted, and logged with its content', async (t) => {
    const rig = rigFor(t)
    await rig.start()
    rig.api.invalid = true
    rig.log(xid79)
    await rig.pass(2000)
    assert.equal(await given(rig, 'fatal'), '0', 'the cause may be temporary')
    await rig.pass(minute)
    assert.equal(await given(rig, 'fatal'), '1')
    const line = rig.logged().find(({ msg }) => String(msg).startsWith('giving up an Event'))
    assert.deepEqual(
      [line?.reason, line?.conditionType, line?.count],
      ['NvidiaXID79Error', 'AcceleratedHardwareReady', 1],
    )
    assert.match(String(line?.message), /fallen off the bus/)
    assert.equal(rig.api.condition('AcceleratedHardwareReady')?.status, 'False')
    for (let n = 0; n < 40; n++) rig.log(xid31.replace('5e', String(n + 10)))
    for (let n = 0; n < 30; n++) await rig.pass(minute)
    // Five tries each, 30 to 60 s apart.
    assert.ok(Number(await given(rig, 'warning')) <= 12, 'a server that rejects everything loses few Events')
    rig.api.invalid = false
    for (let n = 0; n < 5; n++) await rig.pass(minute)
    assert.equal(rig.eventsOf('NvidiaXID31Warning').length, 40 - Number(await given(rig, 'warning')))
  })

  it('gets few retries while it asks for a pause or only a heartbeat waits', async (t) => {
    const rig = rigFor(t)
    await rig.start()
    rig.api.refusal = 'NM_KUBE_UNAVAILABLE'
    const before = rig.api.calls.length
    await rig.pass(6 * minute)
    for (let n = 0; n < 20; n++) await rig.pass(minute)
    const tries = rig.api.calls.length - before
    assert.ok(tries < 40, `${tries} tries in 26 minutes`)
  })

  it('L3: may refuse only Events: the remedy names each verb, a new error is logged, and a lasting one repeats', async (t) => {
    const rig = rigFor(t)
    await rig.start()
    rig.api.refusal = 'NM_KUBE_FORBIDDEN'
    rig.log(xid31)
    await rig.pass(2000)
    const told = () => rig.logged().filter(({ msg }) => msg === 'cannot write an Event; trying again')
    assert.equal(told()[0]?.remedy, 'allow this identity to create and patch events in namespace default')
    rig.api.refusal = undefined
    rig.api.invalid = true
    await rig.pass(2000)
    assert.equal(told().length, 2, 'a new error is logged')
    rig.api.invalid = false
    rig.api.refusal = 'NM_KUBE_FORBIDDEN'
    rig.log(xid31.replace('5e', '5f'))
    for (let n = 0; n < 6; n++) await rig.pass(minute)
    assert.ok(told().length >= 4, 'a lasting error is logged again')
    const blocked = /^nodemend_report_blocked_seconds\{resource="events"\} (\d+)/m.exec(
      (await rig.page('/metrics')).text,
    )
    assert.ok(Number(blocked?.[1]) > 300)
  })

  it('may not have the node yet', async (t) => {
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
  it('keeps conditions, their times and written Events, and processes lines logged meanwhile', async (t) => {
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

  it('with only the log left reaches the same conditions', async (t) => {
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
    assert.ok(rig.lines.some((line) => line.includes('the state file is unusable')))
  })

  it('without its state keeps the times of unchanged conditions by reading the node once', async (t) => {
    const rig = rigFor(t)
    await rig.start()
    rig.log(xid79)
    await rig.pass(10 * minute)
    const before = rig.api.conditions
    await rig.stop()
    rmSync(join(rig.root, 'var/state.json'))
    rig.file('dev/kmsg', '') // the line of the fault has left the ring
    rig.api.calls.length = 0
    rig.api.refusal = 'NM_KUBE_NETWORK'
    await rig.start()
    await rig.pass(minute)
    rig.api.refusal = undefined
    for (let n = 0; n < 10; n++) await rig.pass(minute)
    const unchanged = before.filter(({ type }) => type !== 'AcceleratedHardwareReady')
    assert.equal(unchanged.length, 4)
    for (const { type, lastTransitionTime } of unchanged) {
      assert.equal(rig.api.condition(type)?.lastTransitionTime, lastTransitionTime, type)
    }
    const turned = rig.api.condition('AcceleratedHardwareReady')
    assert.equal(turned?.status, 'True')
    assert.ok(Date.parse(turned.lastTransitionTime) > rig.clock.now() - 12 * minute, 'it has changed')
    const answered = rig.api.calls.slice(rig.api.calls.lastIndexOf('patch nodes/status worker-1') + 1)
    assert.deepEqual([...new Set(answered)], ['apply nodes/status worker-1'])
    assert.ok(answered.length <= 3, `${answered.length} writes in ten minutes`)

    const kept = rig.api.conditions
    await rig.stop()
    rig.api.calls.length = 0
    await rig.start()
    await rig.pass(minute)
    assert.deepEqual(rig.api.calls, ['apply nodes/status worker-1'], 'with its state it does not read the node')
    assert.deepEqual(
      rig.api.conditions.map((one) => one.lastTransitionTime),
      kept.map((one) => one.lastTransitionTime),
    )
  })

  it('of the machine ends the findings that a reboot clears', async (t) => {
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
    const messages = rig.lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    const resumed = messages.find(({ msg }) => msg === 'resumed with findings')
    assert.deepEqual([resumed?.active, resumed?.unhealthy], [1, ['AcceleratedHardwareReady']])
    const ended = messages.find(({ msg }) => msg === 'finding ended')
    assert.deepEqual([ended?.reason, ended?.device, ended?.why], ['NvidiaXID79Error', '0000:3b:00', 'boot'])
  })
})
