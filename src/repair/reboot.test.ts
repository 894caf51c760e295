/** A reboot through the front door: the same node with a new boot id, proven by what it says after its boot alone. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nodes } from '../kube/api.ts'
import { connectTo } from '../kube/connect.ts'
import { deleteObject, patchObject } from '../kube/objects.ts'
import type { Attempt } from '../model/repair.ts'
import { bootText, noAnswer, type TapOptions, tap } from '../providers/testing/tap.ts'
import { seededRandom } from '../telemetry/clock.ts'
import { type Context, givenCluster, phaseOf } from './testing/given-cluster.ts'
import { quickPolicy, type TestCluster } from './testing/test-cluster.ts'

const { action: _, ...rest } = quickPolicy
const rebootOnly = { ...rest, ladder: [{ action: 'Reboot' }] }
const both = { ...rest, ladder: [{ action: 'Reboot' }, { action: 'Replace' }] }

async function given(t: Context, spec: object = rebootOnly, options: TapOptions = {}) {
  const { cluster, first } = await givenCluster(t, spec)
  const { clock, url, token } = cluster
  const tapped = tap(connectTo({ server: url, token: () => token }, { clock, random: seededRandom(5) }), options)
  const half = await cluster.half('a', { api: tapped.api })
  const uid = await uidOf(cluster, first)
  await cluster.setCondition(first, 'KernelReady', 'False')
  const boots = (): number => tapped.sent.filter((write) => write === `patch nodes/status ${first}${bootText}`).length
  return { cluster, first, half, uid, boots }
}

const uidOf = async (cluster: TestCluster, name: string): Promise<string | undefined> =>
  (await cluster.nodes()).find((one) => one.metadata.name === name)?.metadata.uid

const taintsOf = async (cluster: TestCluster, name: string) =>
  (await cluster.nodes()).find((one) => one.metadata.name === name)?.spec?.taints ?? []

const whyOf = (attempt: Attempt): string => attempt.phases.at(-1)?.why ?? ''

describe('a reboot', () => {
  test('that helps is proven on the same node, and the taint comes off', async (t) => {
    const { cluster, first, half, uid, boots } = await given(t)
    await cluster.until('it has booted', 60, [half], phaseOf(cluster, first, 'Dwelling'))
    await cluster.setCondition(first, 'KernelReady', 'True')
    const done = await cluster.until('it is proven', 60, [half], phaseOf(cluster, first, 'Succeeded'))
    assert.deepEqual([done.plan?.action, done.successor?.name, done.successor?.uid, boots()], ['Reboot', first, uid, 1])
    assert.equal(await uidOf(cluster, first), uid, 'the Node object is the same')
    assert.deepEqual(await taintsOf(cluster, first), [])
    const phases = done.phases.map((one) => one.phase)
    assert.deepEqual(phases.slice(-4), ['Committing', 'Acting', 'Dwelling', 'Succeeded'])
    assert.ok(half.events.some((one) => one.reason === 'RepairRebooting'))
    assert.ok(!half.events.some((one) => /replac|delet/i.test(`${one.reason} ${one.message}`)))
  })

  test('what the node said before its new boot counts as nothing', async (t) => {
    const { cluster, first, half } = await given(t)
    await cluster.until('it has booted', 60, [half], phaseOf(cluster, first, 'Dwelling'))
    await cluster.run(120, half) // KernelReady=False is still there, from before the boot
    assert.equal((await cluster.repairs())[0]?.phase, 'Dwelling')
    await cluster.setCondition(first, 'KernelReady', 'False', 'StillSick')
    const failed = await cluster.until('it fails', 30, [half], phaseOf(cluster, first, 'Failed'))
    assert.match(whyOf(failed), /still has KernelReady=False \(StillSick\)/)
    assert.deepEqual(await taintsOf(cluster, first), [])
  })

  test('that does not help is followed by the next rung after the pause; after the last rung a person is needed', async (t) => {
    const spec = { ...both, ladder: [{ action: 'Reboot' }, { action: 'Replace', attempts: 1 }] }
    const { cluster, first, half, boots } = await given(t, spec)
    await cluster.until('it has booted', 60, [half], phaseOf(cluster, first, 'Dwelling'))
    await cluster.setCondition(first, 'KernelReady', 'False', 'StillSick')
    await cluster.until('it fails', 30, [half], phaseOf(cluster, first, 'Failed'))
    await cluster.run(540, half)
    assert.ok(
      (await cluster.nodes()).some((one) => one.metadata.name === first),
      'the pause holds',
    )
    const replaced = await cluster.until('it is replaced', 120, [half], async () =>
      (await cluster.repairs()).find((one) => one.phase === 'Dwelling' && one.plan?.action === 'Replace'),
    )
    assert.equal(boots(), 1)
    const next = replaced.successor?.name ?? ''
    await cluster.setCondition(next, 'KernelReady', 'False', 'SameAgain')
    await cluster.until('the replacement fails, too', 30, [half], async () =>
      (await cluster.repairs()).find((one) => one.phase === 'Failed' && one.plan?.action === 'Replace'),
    )
    await cluster.run(1_800, half)
    const [waiting] = (await cluster.repairs()).filter((one) => one.nodeName === next)
    const gate = waiting?.decision?.gates.find((one) => one.gate === 'attempts')
    assert.match(gate?.why ?? '', /^needs a human: 2 attempts did not help within 24 h \(Reboot, then Replace\)/)
    assert.ok(
      (await cluster.nodes()).some((one) => one.metadata.name === next),
      'nothing more is deleted',
    )
  })

  test('a node that comes back as another Node object is not the same machine', async (t) => {
    const { cluster, first, half } = await given(t, rebootOnly, {
      before: (write) => {
        if (write === `patch nodes/status ${first}${bootText}`) throw noAnswer()
      },
    })
    await cluster.until('nobody knows', 60, [half], phaseOf(cluster, first, 'Unknown'))
    await deleteObject(cluster.api, nodes, { name: first })
    await cluster.run(5, half)
    const [repair] = await cluster.repairs()
    assert.equal(repair?.phase, 'Unknown')
    assert.equal(repair?.successor, undefined)
  })

  test('a call whose answer is lost is never repeated, and is found out about', async (t) => {
    const { cluster, first, half, boots } = await given(t, rebootOnly, {
      after: (write) => {
        if (write.endsWith(bootText)) throw noAnswer()
      },
    })
    await cluster.until('it has booted', 60, [half], phaseOf(cluster, first, 'Dwelling'))
    await cluster.setCondition(first, 'KernelReady', 'True')
    await cluster.until('it is proven', 60, [half], phaseOf(cluster, first, 'Succeeded'))
    assert.equal(boots(), 1)
  })

  test('a call that never got through is not repeated either: it ends, and says why', async (t) => {
    let sent = 0
    const { cluster, first, half } = await given(t, rebootOnly, {
      before: (write) => {
        if (!write.endsWith(bootText)) return
        sent++
        throw noAnswer()
      },
    })
    const unknown = await cluster.until('nobody knows', 60, [half], phaseOf(cluster, first, 'Unknown'))
    assert.match(whyOf(unknown), /^outcome unknown: the connection broke/)
    for (let minutes = 0; minutes < 21; minutes++) {
      await cluster.clock.advance(59_000)
      half.observer.health.passed(true) // the watches followed: nothing was away
      await cluster.run(1, half)
    }
    const failed = await cluster.until('it ends', 60, [half], phaseOf(cluster, first, 'Failed'))
    assert.match(whyOf(failed), /^outcome unknown/)
    assert.equal(sent, 1)
    assert.deepEqual(await taintsOf(cluster, first), [])
  })

  test('a node without a boot id is refused: nobody could tell that it has rebooted', async (t) => {
    const { cluster, first } = await givenCluster(t, rebootOnly)
    const blank = { status: { nodeInfo: { bootID: '' } } }
    await patchObject(cluster.api, nodes, { name: first }, blank, { type: 'merge', subresource: 'status' })
    const half = await cluster.half('a')
    await cluster.setCondition(first, 'KernelReady', 'False')
    await cluster.run(20, half)
    const decision = (await cluster.repairs())[0]?.decision
    assert.deepEqual([decision?.outcome, decision?.decidedBy], ['refuse', 'target'])
    assert.match(decision?.gates.at(-1)?.why ?? '', /reports no boot id/)
  })
})

test('F4: a policy that says Reboot deletes nothing, and one that nobody can carry out is refused', async (t) => {
  const { cluster, first, half, uid } = await given(t, { ...quickPolicy, action: 'Reboot' })
  await cluster.until('it has booted', 60, [half], phaseOf(cluster, first, 'Dwelling'))
  assert.equal(await uidOf(cluster, first), uid)
})
