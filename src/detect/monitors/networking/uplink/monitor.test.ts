import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Files, looksAt } from '../../testing/look-at.ts'
import { uplink } from './monitor.ts'

const header = 'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n'
const routed = (name: string) => ({
  'proc/net/route': `${header}${name}\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n`,
})
const unrouted = { 'proc/net/route': header }

/** An interface in sysfs; `more` are further files. */
function link(name: string, more: Readonly<Record<string, string>> = {}): Files {
  const files = {
    flags: '0x1003',
    operstate: 'up',
    address: '02:00:00:00:00:01',
    mtu: '1500',
    speed: '10000',
    carrier_changes: '2',
    'statistics/rx_packets': '100000',
    'statistics/tx_packets': '0',
    'statistics/rx_errors': '0',
    ...more,
  }
  return Object.fromEntries(Object.entries(files).map(([file, text]) => [`sys/class/net/${name}/${file}`, `${text}\n`]))
}
const lo = link('lo', { flags: '0x9', operstate: 'unknown' })
const machine = (more: Readonly<Record<string, string>> = {}, routes: Files = routed('eth0')) => ({
  ...lo,
  ...link('eth0', more),
  ...routes,
})
const seen = async (...states: readonly Files[]) =>
  (await looksAt(uplink, states, 30_000)).map(({ levels }) => levels.filter((level) => !level.startsWith('kept')))

describe('uplink: state', () => {
  it('sees the interface of the default route go down, although its route goes with it', async () => {
    const down = machine({ flags: '0x1002', operstate: 'down', speed: '-1' }, unrouted)
    assert.deepEqual(await seen(machine(), down, machine()), [
      [],
      [
        'over InterfaceNotUp: the interface is not up (MAC 02:00:00:00:00:01) on eth0',
        'over MissingDefaultRoutes: the node has no default route any more; the last one used eth0',
      ],
      [],
    ])
  })

  it('sees a lost carrier, and drivers that do not know one', async () => {
    const lost = machine({ operstate: 'down', speed: '-1' })
    assert.deepEqual(await seen(lost), [
      ['over InterfaceNotRunning: the interface is up and not running (down, MAC 02:00:00:00:00:01) on eth0'],
    ])
    assert.deepEqual(await seen(machine({ operstate: 'unknown' })), [[]])
  })

  it('sees a card that is gone, and a missing loopback interface', async () => {
    const [, gone] = await seen(machine(), { ...lo, ...unrouted })
    assert.match(gone?.[0] ?? '', /^over InterfaceNotUp: the interface is gone/)
    const { 'sys/class/net/lo/flags': _flags, ...rest } = machine()
    const noLoopback = Object.fromEntries(
      Object.entries(rest).filter(([path]) => !path.startsWith('sys/class/net/lo/')),
    )
    assert.deepEqual(await seen(noLoopback), [['over MissingLoopbackInterface: the node has no loopback interface']])
  })

  it('says nothing about pods, empty bridges and secondary cards', async () => {
    const down = { flags: '0x1002', operstate: 'down' }
    const others = { ...link('veth1', down), ...link('docker0', { operstate: 'down' }), ...link('eth1', down) }
    assert.deepEqual(await seen({ ...machine(), ...others }, { ...machine(), ...others }), [[], []])
  })

  it('does not miss a route that was never there, and keeps what an earlier process found', async () => {
    const files = machine({ flags: '0x1002', operstate: 'down' }, unrouted)
    const options = { links: { 'sys/class/net/eth0/device': '../../../0000:00:05.0' } }
    const [first, second] = await looksAt(uplink, [files, files], 30_000, options)
    for (const one of [first, second])
      assert.deepEqual(one?.levels, [
        'kept InterfaceNotUp on eth0',
        'kept InterfaceNotRunning on eth0',
        'kept MissingDefaultRoutes',
      ])
  })

  it('does not miss an uplink that another took over', async () => {
    const both = { ...machine({ flags: '0x1002', operstate: 'down' }, routed('eth1')), ...link('eth1') }
    assert.deepEqual(await seen(machine(), both), [[], []])
  })

  it('takes a second default route of a higher metric, or of IPv6, for that of a secondary card', async () => {
    const zeros = '0'.repeat(32)
    const row = (name: string, metric: number) =>
      `${name}\t00000000\t0101A8C0\t0003\t0\t0\t${metric}\t00000000\t0\t0\t0\n`
    const lost = { operstate: 'down' }
    const both = {
      ...machine({}, { 'proc/net/route': `${header}${row('eth1', 200)}${row('eth0', 100)}` }),
      ...link('eth1', lost),
      ...link('eth2', lost),
      'proc/net/ipv6_route': `${zeros} 00 ${zeros} 00 fe800000000000000000000000000001 00000001 00000001 00000000 00450003 eth2\n`,
    }
    assert.deepEqual(await seen(both), [[]])
    const [levels] = await seen({ ...both, ...link('eth1'), ...link('eth0', lost) })
    assert.match((levels ?? []).join('\n'), /^over InterfaceNotRunning: .* on eth0$/)
  })

  it('finds the interface of an IPv6 default route, and no route that refuses', async () => {
    const zeros = '0'.repeat(32)
    const row = (flags: string, name: string) =>
      `${zeros} 00 ${zeros} 00 fe800000000000000000000000000001 00000400 00000001 00000000 ${flags} ${name}\n`
    const six = { 'proc/net/ipv6_route': row('00200200', 'lo') + row('00450003', 'eth0') }
    const [levels] = await seen({ ...lo, ...link('eth0', { operstate: 'down' }), ...six })
    assert.match(levels?.[0] ?? '', /^over InterfaceNotRunning: .* on eth0/)
  })
})

describe('uplink: parts', () => {
  const bond = (state: string) => ({
    ...lo,
    ...link('bond0.7', { 'lower_bond0/x': '' }),
    ...link('bond0', { 'lower_eth0/x': '', 'lower_eth1/x': '', 'bonding/mode': '802.3ad 4' }),
    ...link('eth0'),
    ...link('eth1', { operstate: state }),
    ...routed('bond0.7'),
  })

  it('sees a member of the bond below a VLAN lose its carrier', async () => {
    assert.deepEqual(await seen(bond('up'), bond('down')), [
      [],
      ['over BondLinkDown: 1 of 2 members have no carrier: eth1 on bond0'],
    ])
  })

  it('of a bridge looks at the card alone', async () => {
    const flapping = (changes: string) => ({
      ...lo,
      ...link('br0', { 'bridge/x': '', 'lower_eth0/x': '', 'lower_veth1/x': '' }),
      ...link('eth0', { carrier_changes: changes }),
      ...link('veth1', { carrier_changes: changes }),
      ...routed('br0'),
    })
    const options = { links: { 'sys/class/net/eth0/device': '../../../0000:00:05.0' } }
    const looks = await looksAt(uplink, [flapping('2'), flapping('12')], 30_000, options)
    assert.deepEqual(
      looks[1]?.levels.filter((level) => !level.startsWith('kept')),
      ['over LinkFlapping: the carrier came or went 10 times in ten minutes on eth0'],
    )
  })
})

describe('uplink: counters', () => {
  it('counts flaps in ten minutes, whatever happened before', async () => {
    const states = [machine({ carrier_changes: '900' }), machine({ carrier_changes: '910' })]
    const quiet = Array<Files>(20).fill(machine({ carrier_changes: '910' }))
    const levels = await seen(...states, ...quiet)
    assert.deepEqual(levels[0], [])
    assert.match(levels[1]?.[0] ?? '', /^over LinkFlapping/)
    assert.deepEqual(levels.at(-1), [], 'ten minutes later')
  })

  it('judges errors and drops as a share of packets', async () => {
    const bad = machine({
      'statistics/rx_packets': '110000',
      'statistics/rx_errors': '200',
      'statistics/rx_missed_errors': '0',
      'statistics/tx_dropped': '0',
    })
    const few = machine({ 'statistics/rx_packets': '100010', 'statistics/rx_errors': '50' })
    assert.deepEqual(await seen(machine(), bad), [
      [],
      ['over InterfaceErrors: 2 % of packets had errors, 200 in ten minutes on eth0'],
    ])
    assert.deepEqual(await seen(machine(), few), [[], []])
    const drops = (count: string) => machine({ 'statistics/tx_dropped': count, 'statistics/tx_packets': count })
    assert.deepEqual((await seen(drops('0'), drops('5000')))[1], [
      'over InterfaceDrops: 50 % of packets were dropped for want of room, 5000 in ten minutes on eth0',
    ])
  })

  it('sees a link that came back slower, and faster again', async () => {
    const at = (speed: string) => machine({ speed })
    assert.deepEqual(await seen(at('10000'), at('1000'), at('10000')), [
      [],
      ['over LinkSpeedReduced: the link runs at 1000 Mbit/s, it ran at 10000 before on eth0'],
      [],
    ])
  })

  it('compares the MTU of pods with that of the uplink', async () => {
    const pods = (mtu: string) => ({ ...machine(), ...link('veth1', { mtu }) })
    assert.deepEqual(await seen(pods('1450')), [[]])
    assert.deepEqual(await seen(pods('9001')), [
      ['over MTUMismatch: pods send packets of up to 9001 bytes, the interface can send 1500 on eth0'],
    ])
  })
})

describe('uplink: trouble', () => {
  it('is absent without routes or interfaces, blind without permission', async () => {
    const looks = await looksAt(uplink, [{}, unrouted, { 'proc/net/route': null }, { 'proc/net/route': null }], 30_000)
    assert.match(looks[0]?.absent ?? '', /no routes/)
    assert.match(looks[1]?.absent ?? '', /no network interfaces/)
    assert.match(looks[3]?.why ?? '', /EISDIR/)
  })
})
