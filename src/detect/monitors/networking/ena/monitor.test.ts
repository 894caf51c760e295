import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Loopback } from '../../../host/network.ts'
import { ScriptedChildren } from '../../../host/testing/scripted-children.ts'
import { looksAt } from '../../testing/look-at.ts'
import { ena } from './monitor.ts'

const loopback: Loopback = { ask: () => Promise.resolve({ refused: true }) }
const links = { 'sys/class/net/ens5/device/driver': '../../../../bus/pci/drivers/ena' }
const names = ['bw_in', 'bw_out', 'pps', 'conntrack', 'linklocal']
const step = 300_000

/** The looks at a machine whose counters have these values, five minutes apart; a number is the whole outcome's status. */
async function looks(...rows: readonly (readonly number[] | number)[]) {
  const children = new ScriptedChildren()
  let row = 0
  const run = children.run.bind(children)
  children.run = (command) => {
    const now = rows[row++] ?? []
    const lines = typeof now === 'number' ? [] : now.map((count, n) => `     ${names[n]}_allowance_exceeded: ${count}`)
    const output = ['NIC statistics:', '     total_resets: 3', ...lines, '     queue_0_tx_cnt: 12'].join('\n')
    const status = typeof now === 'number' ? now : 0
    children.answers.set(command.name, { kind: 'ended', status, output, errors: status === 1 ? 'bad' : '' })
    return run(command)
  }
  const seen = await looksAt(
    ena,
    rows.map(() => ({})),
    step,
    { children, loopback, links },
  )
  return { seen, started: children.started }
}

describe('ena', () => {
  it('tells what each allowance cost since the look before, never since boot', async () => {
    const { seen, started } = await looks(
      [9_000, 9_000, 9_000, 9_000, 9_000],
      [9_100, 9_000, 9_000, 9_000, 9_000],
      [9_181, 9_101, 9_321, 9_101, 9_101],
      [9_181, 9_101, 9_321, 9_101, 9_101],
      [9_181, 9_101, 9_321, 9_101, 9_101],
      [0, 0, 0, 0, 0],
    )
    const over = seen.map(({ levels }) => levels.filter((level) => !level.startsWith('kept')))
    assert.deepEqual(over, [
      [],
      [],
      [
        'over BandwidthInExceeded: EC2 held back 181 packets in ten minutes on ens5',
        'over BandwidthOutExceeded: EC2 held back 101 packets in ten minutes on ens5',
        'over PPSExceeded: EC2 held back 321 packets in ten minutes on ens5',
        'over ConntrackExceeded: EC2 dropped 101 packets of new connections in ten minutes on ens5',
        'over LinkLocalExceeded: EC2 dropped 101 packets to link-local services in ten minutes on ens5',
      ],
      [
        'held BandwidthInExceeded: EC2 held back 81 packets in ten minutes on ens5',
        'over BandwidthOutExceeded: EC2 held back 101 packets in ten minutes on ens5',
        'over PPSExceeded: EC2 held back 321 packets in ten minutes on ens5',
        'over ConntrackExceeded: EC2 dropped 101 packets of new connections in ten minutes on ens5',
        'over LinkLocalExceeded: EC2 dropped 101 packets to link-local services in ten minutes on ens5',
      ],
      [],
      [],
    ])
    assert.equal(started[0], 'ethtool -S ens5')
  })

  it('starts no program on a machine without the adapter, and a program that fails is no empty answer', async () => {
    const children = new ScriptedChildren()
    const [seen] = await looksAt(ena, [{ 'sys/class/net/eth0/mtu': '1500' }], step, { children, loopback })
    assert.equal(seen?.absent, 'this machine has no Elastic Network Adapter')
    assert.deepEqual(children.started, [])
    const { seen: failed } = await looks(1)
    assert.equal(failed[0]?.why, 'ethtool -S ens5 ended with status 1: bad')
    assert.deepEqual((await looks(94)).seen[0]?.levels, [])
  })
})
