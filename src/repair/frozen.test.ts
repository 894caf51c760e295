/** When the controller says that it is frozen, and when it does not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Call } from '../kube/api.ts'
import { leases } from '../kube/api.ts'
import { connectTo } from '../kube/connect.ts'
import { KubeError } from '../kube/errors.ts'
import { createObject } from '../kube/objects.ts'
import { tap } from '../providers/testing/tap.ts'
import { seededRandom } from '../telemetry/clock.ts'
import { givenCluster, phaseOf } from './testing/given-cluster.ts'
import type { Half } from './testing/test-cluster.ts'

/** The value of `nodemend_frozen`. */
const frozen = ({ registry }: Half): string | undefined => /^nodemend_frozen (\d)$/m.exec(registry.render())?.[1]

test('L2: on a quiet cluster the old list of kubelet leases freezes nothing, and the first fault is taken', async (t) => {
  const { cluster, first, second } = await givenCluster(t)
  const half = await cluster.half('a')
  await cluster.setCondition(first, 'KernelReady', 'False')
  await cluster.run(1, half)
  await cluster.setCondition(first, 'KernelReady', 'True') // the leases are listed for a moment only
  await cluster.run(600, half)
  assert.deepEqual(
    (await cluster.repairs()).map((one) => one.phase),
    ['Cancelled'],
  )
  assert.equal(frozen(half), '0')
  await cluster.setCondition(second, 'KernelReady', 'False')
  await cluster.until('it is repaired', 60, [half], phaseOf(cluster, second, 'Succeeded'))
  assert.deepEqual(
    half.events.filter((one) => one.reason === 'RepairRefused').map((one) => one.message),
    [],
  )
})

test('who does not lead freezes nothing', async (t) => {
  const { cluster } = await givenCluster(t)
  const half = await cluster.half('b', { leadership: { leading: false, until: 0 } })
  half.observer.health.settle()
  await cluster.run(2, half)
  assert.equal(frozen(half), '0')
})

test('leases that may not be listed: nothing begins, the record says why, and the gauge says frozen', async (t) => {
  const { cluster, first } = await givenCluster(t)
  const { clock, url, token } = cluster
  const own = connectTo({ server: url, token: () => token }, { clock, random: seededRandom(5) })
  const read = ({ verb, resource }: Call): void => {
    if (verb === 'list' && resource.plural === 'leases')
      throw new KubeError('NM_KUBE_FORBIDDEN', 'may not list leases', { call: 'list', status: 403 })
  }
  const half = await cluster.half('a', { api: tap(own, { read }).api })
  await cluster.run(5, half)
  assert.equal(frozen(half), '0', 'nobody had a reason to ask')
  await cluster.setCondition(first, 'KernelReady', 'False')
  await cluster.run(10, half)
  const decision = (await cluster.repairs())[0]?.decision
  assert.deepEqual([decision?.outcome, decision?.decidedBy], ['refuse', 'api-health'])
  assert.match(decision?.gates[0]?.why ?? '', /^the kubelet leases are not known: .*may not list leases/)
  assert.equal(frozen(half), '1')
})

test('old leases of Nodes that are gone do not count: the sick node is repaired', async (t) => {
  const { cluster, first } = await givenCluster(t)
  const renewTime = new Date(cluster.clock.now() - 86_400_000).toISOString().replace('Z', '000Z')
  for (let gone = 0; gone < 12; gone++) {
    const metadata = { name: `gone-${gone}`, namespace: 'kube-node-lease' }
    await createObject(cluster.api, leases, { metadata, spec: { renewTime } } as never)
  }
  const half = await cluster.half('a')
  await cluster.setCondition(first, 'KernelReady', 'False')
  await cluster.until('it is repaired', 60, [half], phaseOf(cluster, first, 'Succeeded'))
  assert.ok(!half.events.some((one) => /leases/.test(one.message)))
})
