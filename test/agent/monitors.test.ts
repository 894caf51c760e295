/** Several monitors in one agent, tested through the whole agent: faults F1 – F3, F6 and F7 of the second tenant. */
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { kernelLog } from '../../src/detect/monitors/kernel/log/monitor.ts'
import type { MonitorSpec } from '../../src/detect/monitors/monitor.ts'
import { conntrack } from '../../src/detect/monitors/networking/conntrack/monitor.ts'
import { deadlineMs, type Look, probeMonitor } from '../../src/detect/monitors/probe.ts'
import { type AgentRig, rigFor } from './rig.ts'

const minute = 60_000

/** A network probe whose looks the test answers; `change` announces a change. */
function handheld() {
  let change: () => void = () => undefined
  let looks = 0
  let answer: (look: Look<number>) => void = () => undefined
  const spec: MonitorSpec = probeMonitor<number, 'figure'>({
    name: 'handheld',
    conditions: ['NetworkingReady'],
    everyMs: 10_000,
    values: { figure: { unit: 'count', help: 'A figure.', gaugeOnly: true } },
    look: () => {
      looks++
      return new Promise((resolve) => {
        answer = resolve
      })
    },
    on: (_from, changed) => {
      change = changed
      return () => undefined
    },
    judge: (amount) => [{ value: 'figure', amount }],
  })
  return { spec, answer: (look: Look<number>) => answer(look), change: () => change(), looks: () => looks }
}

function table(rig: AgentRig, entries: number, limit = 1_000): void {
  rig.file('proc/sys/net/netfilter/nf_conntrack_count', `${entries}\n`)
  rig.file('proc/sys/net/netfilter/nf_conntrack_max', `${limit}\n`)
}

const networking = (rig: AgentRig) => rig.api.condition('NetworkingReady')

describe('several monitors for one condition', () => {
  it('F1: it is not True before every monitor has looked', async (t) => {
    const rig = rigFor(t)
    const { spec, answer } = handheld()
    await rig.start({}, { monitors: [kernelLog, spec] })
    await rig.pass(5_000)
    assert.notEqual(networking(rig)?.status, 'True', 'only the kernel log monitor has looked')
    answer({ sample: 1 })
    await rig.pass(1_000)
    assert.equal(networking(rig)?.status, 'True')
  })

  it('F1: a blind monitor is named, and another monitor’s next report does not override it', async (t) => {
    const rig = rigFor(t)
    const { spec, answer } = handheld()
    await rig.start({}, { monitors: [kernelLog, spec] })
    answer({ failed: 'permission denied' })
    await rig.pass(1_000)
    rig.log('usb 1-1: new device')
    await rig.pass(5_000)
    const { status, reason, message = '' } = networking(rig) ?? {}
    assert.deepEqual([status, reason], ['Unknown', 'CannotCheck'])
    assert.match(message, /^handheld: permission denied/)
    assert.equal(rig.api.condition('KernelReady')?.status, 'True', 'other conditions are not affected')
    await rig.pass(10_000)
    answer({ sample: 1 })
    await rig.pass(1_000)
    assert.equal(networking(rig)?.status, 'True')
  })

  it('F2: simultaneous findings of two monitors are two Events', async (t) => {
    const rig = rigFor(t)
    table(rig, 950)
    rig.file(
      'proc/pressure/memory',
      'some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=50.00 avg60=50.00 avg300=1.00 total=9\n',
    )
    rig.file('proc/pressure/io', 'full avg10=90.00 avg60=90.00 avg300=1.00 total=9\n')
    await rig.start()
    for (let n = 0; n < 8; n++) await rig.pass(10_000)
    const told = [...rig.api.events.values()].map(({ message }) => message.split(':')[0]).sort()
    assert.deepEqual(told, ['ConntrackNearlyFull', 'SystemDiskContentionPressure', 'SystemMemoryContentionPressure'])
  })
})

describe('a lasting state', () => {
  it('F3: is reported when it begins and ends, updates its value in between, and costs no writes for it', async (t) => {
    const rig = rigFor(t)
    table(rig, 950)
    await rig.start()
    for (let n = 0; n < 6; n++) await rig.pass(10_000)
    assert.deepEqual(rig.eventsOf('ConntrackNearlyFull'), [
      'Warning ConntrackNearlyFull: 95 % of the 1000 entries of the connection tracking table are in use',
    ])
    const writes = rig.disk.writes
    for (let n = 0; n < 60; n++) {
      table(rig, 950 + (n % 40))
      await rig.pass(minute)
    }
    assert.equal(rig.eventsOf('ConntrackNearlyFull').length, 1, 'not twelve times an hour')
    assert.ok(rig.disk.writes - writes <= 13, `${rig.disk.writes - writes} writes of the state file in an hour`)
    assert.equal(await rig.metric('nodemend_conntrack_used_percent'), '96.9')
    table(rig, 100)
    for (let n = 0; n < 12; n++) await rig.pass(10_000)
    assert.equal(rig.eventsOf('ConntrackNearlyFull').at(-1), 'Normal ConntrackNearlyFull: recovered')
  })

  it('has hysteresis, survives a restart, and has the operator’s limit', async (t) => {
    const rig = rigFor(t)
    rig.file('etc/config.yaml', 'reasons: {ConntrackNearlyFull: {severity: fatal, limit: 50, for: 10s}}\n')
    table(rig, 600)
    await rig.start()
    for (let n = 0; n < 3; n++) await rig.pass(10_000)
    assert.equal(networking(rig)?.status, 'False')
    const since = networking(rig)?.lastTransitionTime
    await rig.stop()
    table(rig, 450)
    await rig.start()
    for (let n = 0; n < 12; n++) await rig.pass(10_000)
    assert.equal(networking(rig)?.status, 'False', '45 % is between 40 and 50: it stays')
    assert.equal(networking(rig)?.lastTransitionTime, since)
    table(rig, 390)
    for (let n = 0; n < 12; n++) await rig.pass(10_000)
    assert.equal(networking(rig)?.status, 'True')
  })
})

describe('a probe on an event', () => {
  it('looks at once after a change, one look at a time, and also at its period', async (t) => {
    const rig = rigFor(t)
    const { spec, answer, change, looks } = handheld()
    await rig.start({}, { monitors: [kernelLog, spec] })
    change()
    assert.equal(looks(), 1, 'the first look is still under way')
    answer({ sample: 1 })
    await rig.pass(10)
    change()
    assert.equal(looks(), 2)
    answer({ sample: 2 })
    await rig.pass(10_000)
    assert.equal(looks(), 3, 'a change may go unannounced')
  })
})

describe('a monitor in trouble', () => {
  it('F6: a stuck monitor becomes a finding with the monitor as device within two periods; liveness and readiness stay', async (t) => {
    const rig = rigFor(t)
    const { spec, answer } = handheld()
    await rig.start({}, { monitors: [kernelLog, spec] })
    answer({ sample: 1 })
    await rig.pass(10_000) // the next look begins and never ends
    await rig.pass(deadlineMs + 1_000)
    assert.equal((await rig.page('/healthz')).status, 200)
    assert.equal((await rig.page('/readyz')).status, 200)
    assert.match(
      rig.eventsOf('MonitorFailed')[0] ?? '',
      /^Warning MonitorFailed: .*has not ended within 10 s on handheld/,
    )
    assert.match(networking(rig)?.message ?? '', /^handheld: its check has not ended/)
    assert.match((await rig.page('/metrics')).text, /^nodemend_monitor_state\{monitor="handheld",state="stuck"\} 1$/m)
    answer({ sample: 2 })
    for (let n = 0; n < 8; n++) {
      await rig.pass(10_000)
      answer({ sample: 3 })
    }
    assert.equal(networking(rig)?.status, 'True')
    assert.match(rig.eventsOf('MonitorFailed').at(-1) ?? '', /^Normal MonitorFailed: recovered on handheld/)
  })

  it('F6: readiness waits only for required monitors', async (t) => {
    const rig = rigFor(t)
    await rig.start({}, { monitors: [kernelLog, handheld().spec] })
    await rig.pass(deadlineMs + 1_000)
    assert.equal((await rig.page('/readyz')).status, 200, 'the probe has never looked')
  })

  it('F7: an unreadable file makes it blind, an absent one does not', async (t) => {
    const rig = rigFor(t)
    await rig.start({}, { monitors: [kernelLog, conntrack] })
    assert.equal(networking(rig)?.status, 'True')
    assert.match((await rig.page('/metrics')).text, /^nodemend_monitor_absent\{monitor="conntrack"\} 1$/m)
    mkdirSync(join(rig.root, 'proc/sys/net/netfilter/nf_conntrack_count'), { recursive: true }) // cannot be read
    for (let n = 0; n < 3; n++) await rig.pass(10_000)
    assert.equal(networking(rig)?.status, 'Unknown')
    assert.match(networking(rig)?.message ?? '', /^conntrack: EISDIR/)
  })
})
