/** L10: several policies match one node. The most careful counts, and the record says so. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { givenCluster, phaseOf } from './testing/given-cluster.ts'
import { quickPolicy, type TestCluster } from './testing/test-cluster.ts'

const decisionOf = async (cluster: TestCluster) => (await cluster.repairs())[0]?.decision
const matchOf = async (cluster: TestCluster) =>
  (await decisionOf(cluster))?.gates.find((one) => one.gate === 'match')?.why ?? ''

async function given(t: Parameters<typeof givenCluster>[0], specs: Readonly<Record<string, object>>) {
  const { cluster, first } = await givenCluster(t)
  for (const [name, spec] of Object.entries(specs)) await cluster.policy(name, { ...quickPolicy, ...spec })
  const half = await cluster.half('a')
  await cluster.setCondition(first, 'KernelReady', 'False')
  return { cluster, first, half }
}

describe('L10', () => {
  test('Enforce never overrules another team’s Observe of the same condition, and why names both', async (t) => {
    const { cluster, half } = await given(t, { team: { mode: 'Observe' } })
    await cluster.run(20, half)
    assert.deepEqual(
      [(await decisionOf(cluster))?.outcome, (await decisionOf(cluster))?.rule?.policy],
      ['would-act', 'team'],
    )
    assert.match(
      await matchOf(cluster),
      /kernel \(Enforce\) would match, too, but team \(Observe\) is the most careful/,
    )
  })

  test('Approve comes before Enforce', async (t) => {
    const { cluster, half } = await given(t, { team: { mode: 'Approve' } })
    await cluster.run(20, half)
    assert.equal((await decisionOf(cluster))?.decidedBy, 'approval')
  })

  test('Observe comes before Approve, and before Enforce', async (t) => {
    const { cluster, half } = await given(t, { team: { mode: 'Approve' }, zoo: { mode: 'Observe' } })
    await cluster.run(20, half)
    assert.equal((await decisionOf(cluster))?.rule?.policy, 'zoo')
  })

  test('an Observe that is not due yet holds back an Enforce that is', async (t) => {
    const { cluster, half } = await given(t, { team: { mode: 'Observe', toleration: '1h' } })
    await cluster.run(30, half)
    assert.deepEqual(
      [(await decisionOf(cluster))?.decidedBy, (await decisionOf(cluster))?.rule?.policy],
      ['toleration', 'team'],
    )
  })

  test('an Observe of another condition holds back nothing', async (t) => {
    const { cluster, first, half } = await given(t, {
      team: { mode: 'Observe', match: [{ condition: 'StorageReady' }] },
    })
    await cluster.setCondition(first, 'StorageReady', 'False')
    await cluster.until('it is repaired', 60, [half], phaseOf(cluster, first, 'Succeeded'))
  })

  test('an Observe of other nodes holds back nothing', async (t) => {
    const { cluster, first, half } = await given(t, { team: { mode: 'Observe', nodeSelector: { team: 'b' } } })
    await cluster.until('it is repaired', 60, [half], phaseOf(cluster, first, 'Succeeded'))
  })

  test('a rule that names the reason does not overrule an Observe that names none', async (t) => {
    const { cluster, half } = await given(t, {
      kernel: { match: [{ condition: 'KernelReady', reason: 'KernelReadyReason' }] },
      team: { mode: 'Observe' },
    })
    await cluster.run(20, half)
    assert.equal((await decisionOf(cluster))?.rule?.policy, 'team')
  })

  test('told otherwise by a precedence, Enforce acts, and the record names the Observe that it overrules', async (t) => {
    const { cluster, first, half } = await given(t, { team: { mode: 'Observe' }, owner: { precedence: 10 } })
    await cluster.until('it is repaired', 60, [half], phaseOf(cluster, first, 'Succeeded'))
    assert.match(await matchOf(cluster), /team \(Observe\) would match, too, but owner \(Enforce\) has precedence 10/)
  })

  test('two of the same mode: the record names the one that does not count', async (t) => {
    const { cluster, first, half } = await given(t, { other: {} })
    await cluster.until('it is repaired', 60, [half], phaseOf(cluster, first, 'Succeeded'))
    assert.match(await matchOf(cluster), /other \(Enforce\) would match, too, but kernel comes first among equals/)
  })
})
