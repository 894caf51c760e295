/** L11: `nodemend acknowledge` through its front door, and what `status` and `why` then say. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nodes } from '../../kube/api.ts'
import { getObject, patchObject } from '../../kube/objects.ts'
import { acknowledgedKey, readAcknowledgements } from '../../model/acknowledgement.ts'
import type { TestCluster } from '../../repair/testing/test-cluster.ts'
import { givenTerminal } from '../testing/terminal.ts'

const why = ['--why', 'RMA 4711'] as const

async function onNode(cluster: TestCluster, name: string) {
  const { metadata } = await getObject(cluster.api, nodes, { name })
  return readAcknowledgements(metadata.annotations?.[acknowledgedKey] ?? '[]')
}

describe('L11: acknowledge', () => {
  test('writes what the agent reads, beside what others have written, and status and why show it', async (t) => {
    const { cluster, node, terminal } = await givenTerminal(t)
    const said = await terminal.run('acknowledge', node, 'NvidiaXID79Error', '0000:3B:00', ...why, '--for', '8h')
    assert.equal(said.message, '')
    assert.match(
      said.text,
      /^NvidiaXID79Error on 0000:3b:00 of \S+ is acknowledged until 08:00 UTC \(in\n {2}8 h\)\. No condition of the node names it now/,
    )
    assert.equal((await terminal.run('acknowledge', node, 'SoftLockup', ...why)).exitCode, 0)
    const until = cluster.clock.now() + 8 * 3_600_000
    const first = { reason: 'NvidiaXID79Error', device: '0000:3b:00', until, why: 'RMA 4711', by: 'admin' }
    const second = { reason: 'SoftLockup', until: until + 16 * 3_600_000, why: 'RMA 4711', by: 'admin' }
    assert.deepEqual(await onNode(cluster, node), [first, second])
    const status = (await terminal.run('status')).text
    assert.match(status, /; 2 acknowledged; /)
    assert.match(status, /acknowledged: SoftLockup until 2026-01-02 00:00 UTC \(in 1 d\), by\n +admin: RMA 4711/)
    const told = (await terminal.run('why', node)).text
    assert.match(
      told,
      /^Acknowledged:\n {2}NvidiaXID79Error on 0000:3b:00 until 08:00 UTC \(in 8 h\), by admin: RMA 4711$/m,
    )
  })

  test('again replaces it; --end takes one back and leaves the others; the last one takes the annotation away', async (t) => {
    const { cluster, node, terminal } = await givenTerminal(t)
    await terminal.run('acknowledge', node, 'SoftLockup', ...why)
    await terminal.run('acknowledge', node, 'SoftLockup', '--why', 'another', '--by', 'lee')
    await terminal.run('acknowledge', node, 'Ext4Error', 'sda1', ...why)
    const both = await onNode(cluster, node)
    assert.ok(!('trouble' in both))
    assert.deepEqual(
      both.map((one) => [one.reason, one.why, one.by]),
      [
        ['SoftLockup', 'another', 'lee'],
        ['Ext4Error', 'RMA 4711', 'admin'],
      ],
    )
    const wrong = await terminal.run('acknowledge', node, 'Ext4Error', '--end')
    assert.match(wrong.message, /Ext4Error of \S+ is not acknowledged; acknowledged are: .*Ext4Error on sda1/)
    assert.match((await terminal.run('acknowledge', node, 'SoftLockup', '--end')).text, /counts again/)
    await terminal.run('acknowledge', node, 'Ext4Error', 'sda1', '--end')
    const { metadata } = await getObject(cluster.api, nodes, { name: node })
    assert.equal(metadata.annotations?.[acknowledgedKey], undefined)
  })

  test('a mistake is told with its remedy, and nothing is written', async (t) => {
    const { cluster, node, terminal } = await givenTerminal(t)
    const refused: readonly (readonly [readonly string[], RegExp])[] = [
      [['nobody', 'SoftLockup', ...why], /no node of the name nobody; see: nodemend status --all/],
      [[node, 'SoftLokup', ...why], /SoftLokup is no reason of the catalogue, .*; is SoftLockup meant\?/],
      [[node, 'nvidiaxid79error', ...why], /is NvidiaXID79Error meant\?/],
      [[node, 'SoftLockup'], /without a reason nobody knows later why; write --why TEXT/],
      [[node, 'SoftLockup', '--why', 'x'.repeat(257)], /has 257 characters, the agent reads 256/],
      [[node, 'SoftLockup', ...why, '--for', '5s'], /--for 5s does not do; write a time from 1m to 30d/],
      [[node, 'SoftLockup', ...why, '--for', '31d'], /--for 31d does not do/],
      [[node, 'SoftLockup', ...why, '--for', 'ever'], /--for ever does not do/],
    ]
    for (const [args, message] of refused) {
      const said = await terminal.run('acknowledge', ...args)
      assert.deepEqual([said.exitCode, said.text], [2, ''], args.join(' '))
      assert.match(said.message, message)
    }
    assert.deepEqual(await onNode(cluster, node), [])
  })

  test('a reason of a rule pack is known once the node names it', async (t) => {
    const { cluster, node, terminal } = await givenTerminal(t)
    assert.equal((await terminal.run('acknowledge', node, 'AcmeCardLost', ...why)).exitCode, 2)
    await cluster.setCondition(node, 'KernelReady', 'False', 'AcmeCardLost')
    assert.equal((await terminal.run('acknowledge', node, 'AcmeCardLost', ...why)).exitCode, 0)
  })

  test('an annotation that cannot be read is not overwritten, and is told; one that has ended is told and goes', async (t) => {
    const { cluster, node, terminal } = await givenTerminal(t)
    await cluster.annotate(nodes, node, { [acknowledgedKey]: '[{"reason": 1}]' })
    const said = await terminal.run('acknowledge', node, 'SoftLockup', ...why)
    assert.match(said.message, /cannot be read: entry 1 .*; look at it and remove it: kubectl annotate node/)
    assert.match((await terminal.run('why', node)).text, /nodemend\.dev\/acknowledged cannot be read: entry 1 has no/)
    await cluster.annotate(nodes, node, { [acknowledgedKey]: null })
    await terminal.run('acknowledge', node, 'SoftLockup', ...why, '--for', '1m')
    await cluster.clock.advance(120_000)
    assert.match(
      (await terminal.run('status')).text,
      /acknowledged: SoftLockup: ended 00:01 UTC \(1 min ago\), counts no\n +more;/,
    )
    await terminal.run('acknowledge', node, 'Ext4Error', ...why)
    const left = await onNode(cluster, node)
    assert.ok(!('trouble' in left))
    assert.deepEqual(
      left.map((one) => one.reason),
      ['Ext4Error'],
    )
  })

  test('what somebody else writes between reading and writing is not lost', async (t) => {
    const { cluster, node, terminal } = await givenTerminal(t)
    await terminal.run('acknowledge', node, 'SoftLockup', ...why)
    await Promise.all([
      terminal.run('acknowledge', node, 'Ext4Error', ...why),
      patchObject(cluster.api, nodes, { name: node }, { metadata: { labels: { other: 'x' } } }, { type: 'merge' }),
      terminal.run('acknowledge', node, 'HardLockup', ...why),
    ])
    const all = await onNode(cluster, node)
    assert.ok(!('trouble' in all))
    assert.deepEqual(all.map((one) => one.reason).sort(), ['Ext4Error', 'HardLockup', 'SoftLockup'])
    const { metadata } = await getObject(cluster.api, nodes, { name: node })
    assert.equal(metadata.labels?.other, 'x')
  })
})
