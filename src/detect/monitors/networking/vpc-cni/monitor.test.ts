import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Loopback } from '../../../host/network.ts'
import { ScriptedChildren } from '../../../host/testing/scripted-children.ts'
import { type Files, lookAt } from '../../testing/look-at.ts'
import { vpcCni } from './monitor.ts'

const loopback: Loopback = { ask: () => Promise.resolve({ refused: true }) }
const allocation = (ipv4: string, name: string) => ({
  networkName: 'aws-cni',
  containerID: `c-${name}`,
  ifName: 'eth0',
  ipv4,
  metadata: { k8sPodNamespace: 'shop', k8sPodName: name },
})
const given = (name: string, address: string): Files => ({
  [`var/lib/cni/results/aws-cni-c-${name}-eth0`]: JSON.stringify({
    kind: 'cniCacheV1',
    result: { cniVersion: '1.0.0', ips: [{ address: `${address}/32`, interface: 1 }] },
  }),
})
const trie = `Id 2:
  |-- 0.0.0.0
     /0 universe UNICAST
Main:
  +-- 10.0.0.0/22 2 0 2
     |-- 10.0.0.0
        /24 link UNICAST
     |-- 10.0.3.4
        /32 link UNICAST
     |-- 10.0.3.5
        /32 link UNICAST
Local:
  +-- 10.0.0.0/24 2 0 2
     |-- 10.0.3.6
        /32 host LOCAL
`
const rules = [
  { priority: 0, src: 'all', table: 'local' },
  { priority: 512, src: 'all', dst: '10.0.3.4', table: 'main' },
  { priority: 1536, src: '10.0.3.5', table: '2' },
  { priority: 32766, src: 'all', table: 'main' },
]

function machine(files: Files = {}, allocations = [allocation('10.0.3.4', 'a'), allocation('10.0.3.5', 'b')]): Files {
  const checkpoint = JSON.stringify({ version: 'vpc-cni-ipam/1', allocations })
  return { 'run/aws-node/ipam.json': checkpoint, 'proc/net/fib_trie': trie, ...files }
}

function look(files: Files, output: unknown = rules) {
  const children = new ScriptedChildren()
  const answer = { kind: 'ended', status: 0, output: JSON.stringify(output), errors: '' } as const
  children.answers.set('ip -json rule show', answer)
  return lookAt(vpcCni, files, { children, loopback })
}

const over = async (...given: Parameters<typeof look>) =>
  (await look(...given)).levels.filter((level) => !level.startsWith('kept'))

describe('vpc-cni', () => {
  it('says nothing while each pod has a rule and a route', async () => {
    assert.deepEqual(await over(machine(given('a', '10.0.3.4'))), [])
  })

  it('misses rules, routes and default routes', async () => {
    assert.deepEqual(await over(machine({}, [allocation('10.0.3.6', 'c')])), [
      'over MissingIPRules: no routing rule leads to the address of pod shop/c on 10.0.3.6',
      'over MissingIPRoutes: no route leads to the address of pod shop/c on 10.0.3.6',
    ])
    assert.deepEqual(await over(machine(), [...rules.slice(0, 2), { priority: 1536, src: '10.0.3.5', table: '3' }]), [
      'over MissingIPRoutes: no route leads to the outside in the table of a network card that pods use on table-3',
    ])
  })

  it('sees an address that another pod was given', async () => {
    assert.deepEqual(await over(machine(given('a', '10.0.3.9'))), [
      'over IPAMDInconsistentState: the address manager keeps another address for pod shop/a than it was given (10.0.3.9) on 10.0.3.4',
    ])
  })

  it('is absent without the CNI or ip(8), and fails where something cannot be read', async () => {
    assert.equal((await look({})).absent, 'the Amazon VPC CNI keeps no checkpoint on this machine')
    assert.equal((await lookAt(vpcCni, machine(), { loopback })).absent, 'this machine has no ip')
    const { why } = await look({ ...machine(), 'run/aws-node/ipam.json': '{' })
    assert.equal(why, 'the checkpoint of the Amazon VPC CNI is not JSON with allocations')
    assert.equal((await look(machine(), 'no')).why, 'ip -json rule show printed no JSON')
  })
})
