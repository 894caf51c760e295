/** Log files through the whole agent: a fault in one, its end, a restart in between, and a kernel log that is flooded. */
import assert from 'node:assert/strict'
import { appendFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { kernelLog } from '../../src/detect/monitors/kernel/log/monitor.ts'
import { logFiles } from '../../src/detect/monitors/networking/log-files/monitor.ts'
import { type AgentRig, rigFor } from './rig.ts'

const path = 'var/log/aws-routed-eni/ipamd.log'
const monitors = [kernelLog, logFiles]

/** Writes a line as the address manager does, now. */
function say(rig: AgentRig, msg: string): void {
  const ts = new Date(rig.clock.now()).toISOString()
  appendFileSync(join(rig.root, path), `${JSON.stringify({ level: 'error', ts, caller: 'ipamd/ipamd.go:408', msg })}\n`)
}

/** Lets time pass until `seen`; the files are read by the real disk, which stepped time outruns. */
async function until(rig: AgentRig, seen: () => boolean): Promise<void> {
  for (let n = 0; n < 40 && !seen(); n++) await rig.pass(10_000)
}

const networking = (rig: AgentRig) => rig.api.condition('NetworkingReady')

describe('log files', () => {
  it('turn a condition False, and True again by the line that says so', async (t) => {
    const rig = rigFor(t)
    rig.file(path, '')
    await rig.start({}, { monitors })
    await until(rig, () => networking(rig)?.status === 'True')
    for (let n = 0; n < 3; n++) say(rig, 'Unable to reach API Server')
    await until(rig, () => networking(rig)?.status === 'False')
    const { status, reason, message = '' } = networking(rig) ?? {}
    assert.deepEqual([status, reason], ['False', 'IPAMDNotReady'])
    assert.match(message, /the address manager cannot reach the API server/)
    say(rig, 'API server connectivity established.')
    await until(rig, () => networking(rig)?.status === 'True')
    assert.equal(networking(rig)?.status, 'True')
  })

  it('are read on after a restart, over a rotation in between: no line twice, none lost', async (t) => {
    const rig = rigFor(t)
    rig.file(path, '')
    await rig.start({}, { monitors })
    for (let n = 0; n < 3; n++) say(rig, 'Starting L-IPAMD v1.19.2  ...')
    for (let n = 0; n < 5; n++) await rig.pass(10_000)
    assert.deepEqual(rig.eventsOf('IPAMDRepeatedlyRestart'), [])
    await rig.stop()
    say(rig, 'Starting L-IPAMD v1.19.2  ...')
    renameSync(join(rig.root, path), join(rig.root, `${path}.1`))
    rig.file(path, '')
    say(rig, 'Starting L-IPAMD v1.19.2  ...')
    await rig.start({}, { monitors })
    for (let n = 0; n < 5; n++) await rig.pass(10_000)
    assert.deepEqual(rig.eventsOf('IPAMDRepeatedlyRestart'), [], 'five starts are too few')
    say(rig, 'Starting L-IPAMD v1.19.2  ...')
    await until(rig, () => rig.eventsOf('IPAMDRepeatedlyRestart').length > 0)
    assert.equal(rig.eventsOf('IPAMDRepeatedlyRestart').length, 1)
  })
})

describe('a flooded kernel log', () => {
  it('is reported with its rate, after a minute of it', async (t) => {
    const rig = rigFor(t)
    await rig.start({}, { monitors })
    for (let round = 0; round < 30; round++) {
      for (let n = 0; n < 6_000; n++) rig.log('usb 1-1: device descriptor read/64, error -71', 6)
      await rig.pass(5_000)
    }
    await until(rig, () => rig.eventsOf('KernelLogFlood').length > 0)
    assert.match(rig.eventsOf('KernelLogFlood')[0] ?? '', /the kernel writes 1\d\d\d lines a second to its log/)
  })

  it('is not what a log holds at the start', async (t) => {
    const rig = rigFor(t)
    for (let n = 0; n < 60_000; n++) rig.log('usb 1-1: device descriptor read/64, error -71', 6)
    await rig.start({}, { monitors })
    for (let n = 0; n < 20; n++) await rig.pass(10_000)
    assert.deepEqual(rig.eventsOf('KernelLogFlood'), [])
  })
})
