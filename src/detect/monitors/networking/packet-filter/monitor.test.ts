import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Loopback } from '../../../host/network.ts'
import { ScriptedChildren } from '../../../host/testing/scripted-children.ts'
import { lookAt } from '../../testing/look-at.ts'
import { packetFilter } from './monitor.ts'
import { diverts, parseIptables, parseNft, refuses } from './rules.ts'

const loopback: Loopback = { ask: () => Promise.resolve({ refused: true }) }

interface Given {
  readonly filter?: string
  readonly six?: string
  readonly nat?: string
  readonly nft?: string
}

async function look({ filter = '', six = '', nat = '', nft = '' }: Given) {
  const children = new ScriptedChildren()
  const answer = (name: string, output: string): void =>
    void children.answers.set(name, { kind: 'ended', status: 0, output, errors: '' })
  answer('iptables-save -t filter', `*filter\n:INPUT ACCEPT [0:0]\n${filter}\nCOMMIT\n`)
  answer('ip6tables-save -t filter', `*filter\n${six}\nCOMMIT\n`)
  answer('iptables-save -t nat', `*nat\n${nat}\nCOMMIT\n`)
  answer('nft -s -t list ruleset', nft)
  return await lookAt(packetFilter, {}, { children, loopback })
}

const known = [
  '-A KUBE-FORWARD -m conntrack --ctstate INVALID -m nfacct --nfacct-name  ct_state_invalid_dropped_pkts -j DROP',
  '-A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m comment --comment "block incoming localnet connections" -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP',
  '-A KUBE-SERVICES -d 10.0.0.9/32 -p tcp -m comment --comment "a/b has no endpoints" -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable',
  '-A KUBE-PROXY-FIREWALL -d 10.0.0.9/32 -j DROP',
  '-A KUBE-POD-FW-ABCDEF -m mark ! --mark 0x10000/0x10000 -j REJECT --reject-with icmp-port-unreachable',
  '-A cali-FORWARD -m comment --comment "cali:x" -j DROP',
  '-A CILIUM_FORWARD -o lxc+ -j DROP',
  '-A ANTREA-FORWARD -j DROP',
  '-A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP',
  '-A ufw-user-limit -j REJECT --reject-with icmp-port-unreachable',
  '-A ufw6-reject-input -j REJECT --reject-with icmp6-port-unreachable',
  '-A IN_public_deny -j DROP',
  '-A f2b-sshd -s 203.0.113.9/32 -j REJECT --reject-with icmp-port-unreachable',
  '-A FORWARD -m comment --comment "Block Node Local Pod access via IPv4" -j DROP',
  '-A FORWARD -d 169.254.169.254/32 -i eni+ -j DROP',
  '-A INPUT -m conntrack --ctstate INVALID -j DROP',
]

describe('packet-filter', () => {
  it('reports refusing rules outside of known chains, one finding for each chain', async () => {
    const filter = [
      ...known,
      '-A INPUT -s 203.0.113.0/24 -p tcp -m tcp --dport 6443 -j DROP',
      '-A INPUT -p tcp -m tcp --dport 22 -j REJECT --reject-with icmp-host-prohibited',
      '-A FORWARD -m comment --comment "never -j DROP here" -j ACCEPT',
      '-A mine -g DROP',
    ]
    const { levels } = await look({ filter: filter.join('\n') })
    assert.deepEqual(levels, [
      'over UnexpectedRejectRule: 2 rules refuse packets, the first: -A INPUT -s 203.0.113.0/24 -p tcp -m tcp --dport 6443 -j DROP on filter/INPUT',
      'over UnexpectedRejectRule: 1 rules refuse packets, the first: -A mine -g DROP on filter/mine',
    ])
  })

  it('reports those of nftables, too, and none twice', async () => {
    const nft = [
      'table ip filter {',
      '\tchain INPUT {',
      '\t\ttype filter hook input priority filter; policy drop;',
      '\t\tip saddr 203.0.113.0/24 counter drop',
      '\t}',
      '}',
      'table inet fw {',
      '\tset bad {',
      '\t\ttype ipv4_addr',
      '\t\telements = { 1.2.3.4 comment "drop" }',
      '\t}',
      '\tchain in {',
      '\t\ttype filter hook input priority 0; policy accept;',
      '\t\tct state invalid drop',
      '\t\tip saddr 203.0.113.0/24 tcp dport 6443 drop comment "x"',
      '\t\ttcp dport 22 reject with icmpx port-unreachable',
      '\t\ttcp dport 80 accept comment "no drop"',
      '\t}',
      '}',
      'table inet firewalld {',
      '\tchain filter_INPUT {',
      '\t\treject with icmpx admin-prohibited',
      '\t}',
      '}',
      'table ip kube-proxy {',
      '\tchain filter-input {',
      '\t\tdrop',
      '\t}',
      '}',
    ].join('\n')
    assert.deepEqual((await look({ nft })).levels, [
      'over UnexpectedRejectRule: 2 rules refuse packets, the first: ip saddr 203.0.113.0/24 tcp dport 6443 drop comment "x" on inet/fw/in',
    ])
  })

  it('reports rules that take kubelet’s port away, alone, in a list, in a range and in a set', async () => {
    const iptables = (ports: string) => parseIptables(`-A CNI-DN-1 -p tcp ${ports} -j DNAT --to-destination 10.0.3.4:1`)
    const nft = (rule: string) => parseNft(`table ip pf {\n\tchain pre {\n\t\t${rule}\n\t}\n}`)
    for (const [rule] of [
      iptables('-m tcp --dport 10250'),
      iptables('-m tcp --dport 10240:10260'),
      iptables('-m multiport --dports 80,10250'),
      nft('tcp dport 10250 dnat to 10.0.0.1:10250'),
      nft('tcp dport { 80, 10240-10260 } dnat to 10.0.0.1'),
      nft('tcp dport 10250 redirect to :80'),
    ])
      assert.ok(rule && diverts(rule, 10_250), rule?.text)
    for (const [rule] of [
      iptables('-m tcp --dport 10256'),
      iptables('-m comment --comment "--dport 10250"'),
      nft('tcp dport 80 dnat to 10.0.0.1:10250'),
      nft('tcp dport 10250 accept'),
    ])
      assert.ok(rule && !diverts(rule, 10_250), rule?.text)
    const nat = '-A CNI-DN-1a2b -p tcp -m tcp --dport 10250 -j DNAT --to-destination 10.0.3.4:10250'
    assert.deepEqual((await look({ nat })).levels, [`over PortConflict: port 10250 of kubelet is taken away: ${nat}`])
    assert.ok(!refuses({ table: 'filter', chain: 'x', text: nat }))
  })

  it('is absent without any program, and a failing one is no empty answer', async () => {
    assert.equal((await lookAt(packetFilter, {}, { loopback })).absent, 'this machine has no iptables-save')
    const children = new ScriptedChildren()
    children.answers.set('iptables-save -t filter', { kind: 'failed', why: 'iptables-save did not answer within 5 s' })
    const { why } = await lookAt(packetFilter, {}, { children, loopback })
    assert.equal(why, 'iptables-save did not answer within 5 s')
  })

  it('is absent, not blind, where the agent is not privileged', async () => {
    const children = new ScriptedChildren()
    const errors =
      'iptables-save v1.8.9 (nf_tables): Could not fetch rule set generation id: Permission denied (you must be root)'
    for (const name of ['iptables-save -t filter', 'ip6tables-save -t filter', 'nft -s -t list ruleset'])
      children.answers.set(name, { kind: 'ended', status: 4, output: '', errors })
    const { state, absent } = await lookAt(packetFilter, {}, { children, loopback })
    assert.deepEqual(
      [state, absent],
      ['checked', 'the agent has not the rights that iptables-save needs (run it privileged)'],
    )
  })

  it('keeps what it said of ports while the translations are too long to be read', async () => {
    const children = new ScriptedChildren()
    children.answers.set('iptables-save -t filter', { kind: 'ended', status: 0, output: '', errors: '' })
    children.answers.set('iptables-save -t nat', { kind: 'failed', why: 'wrote more than 4194304 bytes' })
    assert.deepEqual((await lookAt(packetFilter, {}, { children, loopback })).levels, ['kept PortConflict'])
  })
})
