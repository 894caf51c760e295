/** A provider that says no, whatever it fails with: the record keeps its words, and nothing is left behind. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nodes } from '../kube/api.ts'
import { connectTo } from '../kube/connect.ts'
import { KubeError } from '../kube/errors.ts'
import { patchObject } from '../kube/objects.ts'
import { providerKinds } from '../providers/providers.ts'
import { tap } from '../providers/testing/tap.ts'
import { seededRandom } from '../telemetry/clock.ts'
import { givenCluster, phaseOf } from './testing/given-cluster.ts'

describe('a provider that always refuses: the attempt fails, the node is put back, the record says why', () => {
  const failures: readonly (readonly [string, Error])[] = [
    ['the API server', new KubeError('NM_KUBE_FORBIDDEN', 'no: may not delete nodes', { call: 'delete', status: 403 })],
    ['something outside Kubernetes', new Error('no: ask the data centre')],
    ['something that talks without end', new Error(`no: ${'and '.repeat(10_000)}`)],
  ]
  for (const [who, failure] of failures) {
    test(who, async (t) => {
      const { cluster, first } = await givenCluster(t)
      const { clock, url, token } = cluster
      const own = connectTo({ server: url, token: () => token }, { clock, random: seededRandom(5) })
      const before = (write: string): void => {
        if (write === `delete nodes ${first}`) throw failure
      }
      const half = await cluster.half('a', { api: tap(own, { before }).api })
      await cluster.setCondition(first, 'KernelReady', 'False')
      await cluster.until('it commits', 60, [half], phaseOf(cluster, first, 'Committing'))
      for (let minutes = 0; minutes < 20; minutes++) {
        await cluster.clock.advance(59_000)
        half.observer.health.passed(true) // the watches followed: nothing was away
        await cluster.setCondition(first, 'KernelReady', 'False')
        await cluster.run(1, half)
      }
      const failed = await cluster.until('it fails', 60, [half], phaseOf(cluster, first, 'Failed'))
      const why = failed.phases.at(-1)?.why ?? ''
      assert.ok(why.startsWith(`the provider did not begin in time: ${failure.message.slice(0, 1_000)}`), why)
      const node = (await cluster.nodes()).find((one) => one.metadata.name === first)
      assert.deepEqual(node?.spec?.taints ?? [], [])
    })
  }
})

test('a provider that cannot tell what to replace: nothing begins, and the record says why', async (t) => {
  const { cluster, first } = await givenCluster(t)
  const half = await cluster.half('a', { providers: ['karpenter'], karpenterNodeRepair: 'off' })
  const labelled = { metadata: { labels: { [providerKinds.karpenter.poolLabel]: 'gpu' } } }
  await patchObject(cluster.api, nodes, { name: first }, labelled, { type: 'merge' })
  await cluster.setCondition(first, 'KernelReady', 'False')
  await cluster.run(20, half) // this API server has no NodeClaims
  const [record] = await cluster.repairs()
  assert.deepEqual(
    [record?.phase, record?.decision?.outcome, record?.decision?.decidedBy],
    ['Pending', 'refuse', 'target'],
  )
  const said = record?.decision?.gates.find((one) => one.gate === 'target')
  assert.match(said?.why ?? '', /karpenter cannot tell what to replace: .*nodeclaims/)
})
