/** The packet filter and the routes of a real kernel, broken in a network namespace. */
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { Inside, needs, run } from './machine.ts'

const reasons = (levels: readonly string[]): readonly string[] =>
  levels.map((level) => level.replace(/^over (\w+):.* on (\S+)$/, '$1 $2').replace(/^over (\w+):.*/, '$1'))

function namespace(t: TestContext, what: string) {
  const name = `nodemend-${what}-${process.pid}`
  run('ip', 'netns', 'add', name)
  t.after(() => run('ip', 'netns', 'del', name))
  const inside = (...command: readonly string[]) => run('ip', 'netns', 'exec', name, ...command)
  inside('ip', 'link', 'set', 'lo', 'up')
  return { name, inside }
}

describe('the packet filter of this kernel', () => {
  it('shows rules that refuse packets and that take kubelet’s port, of iptables and of nftables, and their end', async (t) => {
    if (!needs(t, 'ip', 'iptables', 'iptables-save', 'ip6tables-save', 'nft')) return
    const { name, inside } = namespace(t, 'filter')
    const monitor = new Inside(t, ['ip', 'netns', 'exec', name], ['packet-filter'])
    inside('iptables', '-N', 'cali-FORWARD')
    inside('iptables', '-A', 'cali-FORWARD', '-j', 'DROP')
    inside('iptables', '-A', 'FORWARD', '-m', 'conntrack', '--ctstate', 'INVALID', '-j', 'DROP')
    assert.deepEqual(await monitor.look(), [])
    inside('iptables', '-A', 'INPUT', '-s', '203.0.113.0/24', '-p', 'tcp', '--dport', '6443', '-j', 'DROP')
    inside(
      'iptables',
      '-t',
      'nat',
      '-A',
      'PREROUTING',
      '-p',
      'tcp',
      '--dport',
      '10240:10260',
      '-j',
      'DNAT',
      '--to',
      '10.0.3.4',
    )
    inside('nft', 'add table inet fw; add chain inet fw in { type filter hook input priority 0; }')
    inside('nft', 'add rule inet fw in ip saddr 203.0.113.0/24 tcp dport 22 reject')
    const levels = await monitor.look()
    assert.deepEqual(reasons(levels), [
      'UnexpectedRejectRule filter/INPUT',
      'UnexpectedRejectRule inet/fw/in',
      'PortConflict',
    ])
    assert.match(levels[0] ?? '', /1 rules refuse packets, the first: -A INPUT -s 203\.0\.113\.0\/24 -p tcp /)
    inside('nft', 'flush ruleset')
    assert.deepEqual(await monitor.look(), [])
  })
})

describe('the routes of this kernel', () => {
  it('miss a rule, a route and a default route of pods of the Amazon VPC CNI', async (t) => {
    if (!needs(t, 'ip', 'mount', 'unshare')) return
    const { name, inside } = namespace(t, 'cni')
    const ip = (line: string) => inside('ip', ...line.split(' '))
    for (const line of [
      'link add eni0 type veth peer name far0',
      'addr add 10.0.0.2/24 dev eni0',
      'link set eni0 up',
      'link set far0 up',
      'route add 10.0.3.4 dev eni0 scope link',
      'route add 10.0.3.5 dev eni0 scope link',
      'route add default via 10.0.0.1 dev eni0 table 2',
      'rule add to 10.0.3.4 lookup main priority 512',
      'rule add from 10.0.3.5 lookup 2 priority 1536',
    ])
      ip(line)
    const allocations = ['10.0.3.4', '10.0.3.5'].map((ipv4) => ({
      networkName: 'aws-cni',
      containerID: ipv4,
      ifName: 'eth0',
      ipv4,
    }))
    const prepare =
      'mount -t tmpfs none /run && mkdir /run/aws-node && printf %s "$0" >/run/aws-node/ipam.json && exec "$@"'
    const enter = [
      'ip',
      'netns',
      'exec',
      name,
      'unshare',
      '--mount',
      'sh',
      '-c',
      prepare,
      JSON.stringify({ allocations }),
    ]
    const monitor = new Inside(t, enter, ['vpc-cni'])
    assert.deepEqual(await monitor.look(), [])
    ip('rule del to 10.0.3.4 lookup main priority 512')
    assert.deepEqual(reasons(await monitor.look()), ['MissingIPRules 10.0.3.4'])
    ip('rule add to 10.0.3.4 lookup main priority 512')
    ip('route del 10.0.3.5')
    assert.deepEqual(reasons(await monitor.look()), ['MissingIPRoutes 10.0.3.5'])
    ip('route add 10.0.3.5 dev eni0 scope link')
    ip('route del default table 2')
    assert.deepEqual(reasons(await monitor.look()), ['MissingIPRoutes table-2'])
    ip('route add default via 10.0.0.1 dev eni0 table 2')
    assert.deepEqual(await monitor.look(), [])
  })
})
