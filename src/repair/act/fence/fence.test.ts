/** Pods of a dead machine are freed where it is certainly off, and nowhere else. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { nodes } from '../../../kube/api.ts'
import type { Power } from '../../../providers/provider.ts'
import { givenCondition, givenNode, minute, noon } from '../../testing/given.ts'
import { givenCluster, phaseOf } from '../../testing/given-cluster.ts'
import { givenOwned } from '../../testing/given-workload.ts'
import { podsOn, quickPolicy, type TestCluster } from '../../testing/test-cluster.ts'
import { judgePower } from './witness.ts'

const outOfService = 'node.kubernetes.io/out-of-service'
const stamp = (ms: number): string => new Date(ms).toISOString()

test('nothing is freed while anybody says that the machine runs, or nobody can say that it is off', () => {
  const status = fc.constantFrom('True', 'False', 'Unknown')
  const ago = fc.integer({ min: -10, max: 30 }).map((minutes) => noon - minutes * minute)
  const power = fc.constantFrom<Power['state']>('off', 'runs', 'unknown')
  const lease = fc.constantFrom('moves', 'stopped', 'unknown')
  fc.assert(
    fc.property(
      status,
      ago,
      status,
      ago,
      power,
      lease,
      fc.boolean(),
      (ready, readyAt, other, heardAt, said, seen, deleting) => {
        const conditions = [
          givenCondition('Ready', ready, { lastTransitionTime: stamp(readyAt) }),
          givenCondition('KernelReady', other, { seenAt: heardAt }),
        ]
        const node = givenNode('a', { conditions, deleting })
        const { off } = judgePower({ node, power: { state: said, why: '' }, lease: seen, now: noon })
        const silent = ready === 'Unknown' && noon - readyAt >= 5 * minute
        const heard = other !== 'Unknown' && heardAt > readyAt
        assert.equal(off, !deleting && silent && !heard && said === 'off' && seen === 'stopped')
      },
    ),
    { numRuns: 2_000 },
  )
})

/** A node whose kubelet stops, with a pod on it, and `power` as its provider says. */
async function givenDead(t: Parameters<typeof givenCluster>[0], power: string) {
  const { cluster, first } = await givenCluster(t, {
    ...quickPolicy,
    match: [{ condition: 'Ready', status: 'Unknown' }],
    toleration: '6m',
    drain: { timeout: '10m' },
  })
  await givenOwned(cluster, first, 'db')
  await cluster.run(3)
  await cluster.annotate(nodes, first, {
    'embedded.nodemend.dev/kubelet': 'stopped',
    'embedded.nodemend.dev/power': power,
  })
  return { cluster, first, half: await cluster.half('a') }
}

const taintsOf = async (cluster: TestCluster, name: string): Promise<readonly string[]> =>
  ((await cluster.nodes()).find((one) => one.metadata.name === name)?.spec?.taints ?? []).map(({ key }) => key)

describe('on a machine whose kubelet is silent', () => {
  test('and which its provider calls off, the pods are freed, and the taint is taken back before the machine goes', async (t) => {
    const { cluster, first, half } = await givenDead(t, 'off')
    const seen: boolean[] = []
    const done = await cluster.until('it is repaired', 900, [half], async () => {
      seen.push((await taintsOf(cluster, first)).includes(outOfService))
      return phaseOf(cluster, first, 'Succeeded')()
    })
    assert.ok(seen.includes(true), 'the taint was set')
    assert.match(done.drain?.notes?.join() ?? '', /the machine is off \(the modelled machine has no power\)/)
    assert.deepEqual(done.drain?.leftBehind, [])
  })

  for (const power of ['on', 'who knows']) {
    test(`and whose power is "${power}", no pod is freed`, async (t) => {
      const { cluster, first, half } = await givenDead(t, power)
      const done = await cluster.until('it is repaired', 900, [half], async () => {
        assert.ok(!(await taintsOf(cluster, first)).includes(outOfService))
        return phaseOf(cluster, first, 'Succeeded')()
      })
      assert.match(done.drain?.notes?.join() ?? '', /nobody is sure that the machine is off/)
      assert.match(done.drain?.leftBehind.join() ?? '', /default\/db/)
    })
  }

  test('and which comes back in mid-drain, the taint goes with the repair', async (t) => {
    const { cluster, first, half } = await givenDead(t, 'off')
    const fenced = async () => ((await taintsOf(cluster, first)).includes(outOfService) ? true : undefined)
    await cluster.until('it is fenced', 900, [half], fenced)
    await cluster.annotate(nodes, first, {
      'embedded.nodemend.dev/kubelet': null,
      'embedded.nodemend.dev/power': 'on',
    })
    await cluster.run(30, half)
    assert.deepEqual(await taintsOf(cluster, first), [])
    assert.deepEqual(await podsOn(cluster, first), [])
  })
})
