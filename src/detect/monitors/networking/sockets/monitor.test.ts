import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Files, lookAt } from '../../testing/look-at.ts'
import { sockets } from './monitor.ts'

const sysctl = 'proc/sys/net/ipv4'
function machine({ inuse = 10, tw = 0, orphan = 0, mem = 5 }, more: Files = {}): Files {
  return {
    'proc/net/sockstat': `sockets: used 99\nTCP: inuse ${inuse} orphan ${orphan} tw ${tw} alloc 20 mem ${mem}\nUDP: inuse 1 mem 1\n`,
    [`${sysctl}/ip_local_port_range`]: '40000\t40099\n',
    [`${sysctl}/tcp_mem`]: '500\t800\t1000\n',
    [`${sysctl}/tcp_max_orphans`]: '100\n',
    ...more,
  }
}

const header = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n'
/** Connections from ports 40000 on to a destination, in a state (01: established, 06: waiting). */
function connections(
  count: number,
  destination: string,
  { state = '06', local = '0100000A', from = 40_000 } = {},
): string {
  const port = (n: number) => (from + n).toString(16).toUpperCase().padStart(4, '0')
  return Array.from(
    { length: count },
    (_, n) =>
      `   ${n}: ${local}:${port(n)} ${destination} ${state} 00000000:00000000 03:00000A1B 00000000     0        0 0 3 0\n`,
  ).join('')
}

describe('sockets', () => {
  it('counts ports per destination: waiting ones too, listeners and served ports not', async () => {
    const tcp =
      header +
      connections(85, '0700000A:01BB') +
      connections(90, '0000000000000000FFFF00000800000A:01BB', { from: 443 }) +
      connections(3, '00000000:0000', { state: '0A' })
    assert.deepEqual((await lookAt(sockets, machine({ tw: 85 }, { 'proc/net/tcp': tcp }))).levels, [
      'over EphemeralPortsNearlyExhausted: 85 of the 100 ports for outgoing connections to 10.0.0.7:443 are in use',
    ])
  })

  it('takes many destinations, or a busy server, for what they are', async () => {
    const spread = header + connections(45, '0700000A:01BB') + connections(45, '0800000A:01BB', { from: 40_045 })
    const server = header + connections(500, '0700000A:9C40', { from: 443 })
    for (const tcp of [spread, server])
      assert.deepEqual((await lookAt(sockets, machine({ inuse: 500 }, { 'proc/net/tcp': tcp }))).levels, [])
  })

  it('names destinations of IPv6', async () => {
    const six = header + connections(90, 'B80D0120000000000000000001000000:0050', { local: '0'.repeat(32) })
    assert.match(
      (await lookAt(sockets, machine({ tw: 90 }, { 'proc/net/tcp6': six }))).levels[0] ?? '',
      / to \[2001:db8:0:0:0:0:0:1\]:80 /,
    )
  })

  it('reads no connections where there are few sockets', async () => {
    const { levels, gauges } = await lookAt(sockets, machine({ inuse: 20, tw: 20 }, { 'proc/net/tcp': null }))
    assert.deepEqual(levels, [])
    assert.ok(gauges.includes('nodemend_sockets_ports_percent 40'))
  })

  it('sees TCP memory and connections without an owner near their limits', async () => {
    assert.deepEqual((await lookAt(sockets, machine({ mem: 950 }))).levels, [
      'over TCPMemoryNearlyExhausted: 95 % of the 1000 pages of memory of TCP are in use',
    ])
    assert.deepEqual((await lookAt(sockets, machine({ orphan: 96 }))).levels, [
      'over TCPOrphansNearlyExhausted: 96 % of the 100 connections that may be without an owner are in use',
    ])
  })

  it('is absent without its file, and blind where it has another format', async () => {
    assert.match((await lookAt(sockets, {})).absent ?? '', /no sockets/)
    assert.match((await lookAt(sockets, { 'proc/net/sockstat': 'x\n' })).why ?? '', /no line of TCP/)
  })
})
