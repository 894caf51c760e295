/** Findings of monitors over restarts of the agent: they neither flap nor begin anew, and counters keep no false base. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type AgentRig, rigFor } from './rig.ts'

const header = 'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n'
const route = `${header}eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n`

function link(rig: AgentRig, files: Readonly<Record<string, string>>): void {
  for (const [file, text] of Object.entries(files)) rig.file(`sys/class/net/eth0/${file}`, `${text}\n`)
}

/** A machine with one interface that carries the default route. */
function connected(rig: AgentRig): void {
  rig.file('sys/class/net/lo/flags', '0x9\n')
  rig.file('proc/net/route', route)
  rig.file('sys/class/net/eth0/device/vendor', '0x1d0f\n')
  link(rig, { flags: '0x1003', operstate: 'up', address: '02:00:00:00:00:01', carrier_changes: '900' })
}

async function minutes(rig: AgentRig, count: number): Promise<void> {
  for (let n = 0; n < count * 3; n++) await rig.pass(20_000)
}

describe('a restart of the agent', () => {
  it('does not end what a counter showed, nor take its lifetime for a burst', async (t) => {
    const rig = rigFor(t)
    connected(rig)
    await rig.start()
    await minutes(rig, 2)
    assert.deepEqual(rig.eventsOf('LinkFlapping'), [])
    link(rig, { carrier_changes: '920' })
    await minutes(rig, 2)
    assert.equal(rig.eventsOf('LinkFlapping').length, 1)
    await rig.stop()
    await rig.start()
    await minutes(rig, 8)
    assert.equal(rig.eventsOf('LinkFlapping').length, 1, 'ten minutes are not over')
    await minutes(rig, 8)
    assert.equal(rig.eventsOf('LinkFlapping').at(-1), 'Normal LinkFlapping: recovered on eth0')
  })

  it('does not forget that the interface of the default route is down', async (t) => {
    const rig = rigFor(t)
    connected(rig)
    await rig.start()
    await minutes(rig, 1)
    rig.file('proc/net/route', header)
    link(rig, { flags: '0x1002', operstate: 'down' })
    await minutes(rig, 3)
    const condition = () => rig.api.condition('NetworkingReady')
    assert.equal(condition()?.status, 'False')
    const since = condition()?.lastTransitionTime
    await rig.stop()
    await rig.start()
    await minutes(rig, 5)
    assert.deepEqual([condition()?.status, condition()?.lastTransitionTime], ['False', since])
    connected(rig)
    await minutes(rig, 3)
    assert.equal(condition()?.status, 'True')
  })

  it('does not call a file system well because it is listed as ro from the start', async (t) => {
    const rig = rigFor(t)
    const mount = (options: string) =>
      rig.file('proc/1/mountinfo', `29 1 8:1 / /var rw shared:1 - ext4 /dev/sda1 ${options}\n`)
    mount('rw')
    await rig.start()
    mount('ro')
    await minutes(rig, 3)
    const condition = () => rig.api.condition('StorageReady')
    assert.match(condition()?.message ?? '', /\/var \(ext4\) takes no writes/)
    await rig.stop()
    await rig.start()
    await minutes(rig, 5)
    assert.equal(condition()?.status, 'False')
    mount('rw')
    await minutes(rig, 5)
    assert.equal(condition()?.status, 'True')
  })
})
