/** What a call leaves behind for others is taken back when the repair goes on or ends, through failures and through a kill. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Api, type KubeObject, leases, nodes } from '../kube/api.ts'
import { KubeError } from '../kube/errors.ts'
import { createObject, listObjects, patchObject } from '../kube/objects.ts'
import { leaseNamespace } from '../providers/medik8s/lease.ts'
import {
  boot,
  makeTemplate,
  namespace,
  openRequests,
  poolLabels,
  remediatorDefinitions,
  remediatorOf,
} from '../providers/medik8s/testing/remediator.ts'
import { tap } from '../providers/testing/tap.ts'
import { type Context, phaseOf } from './testing/given-cluster.ts'
import { type Half, quickPolicy, startTestCluster, type TestCluster } from './testing/test-cluster.ts'

const selfNode = remediatorOf('SelfNodeRemediation')
const namespaces = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false }
const { action: _action, ...quick } = quickPolicy
const policy = { ...quick, ladder: [{ action: 'Reboot' }], provider: 'medik8s' }

async function given(t: Context) {
  const cluster = await startTestCluster({}, remediatorDefinitions())
  t.after(() => cluster.stop())
  for (const name of [namespace, leaseNamespace]) await createObject(cluster.api, namespaces, { metadata: { name } })
  await makeTemplate(cluster.api, selfNode)
  await cluster.policy('kernel', policy)
  const [first = ''] = (await cluster.nodes()).map((one) => one.metadata.name ?? '')
  const metadata = { labels: poolLabels }
  for (const {
    metadata: { name = '' },
  } of await cluster.nodes()) {
    await patchObject(cluster.api, nodes, { name }, { metadata }, { type: 'merge' })
  }
  return { cluster, first }
}

const half = (cluster: TestCluster, identity: string, api?: Api): Promise<Half> =>
  cluster.half(identity, { providers: ['medik8s'], ...(api && { api }) })

/** Until the remediator has been asked. */
async function asked(cluster: TestCluster, first: string, by: Half): Promise<void> {
  await cluster.setCondition(first, 'KernelReady', 'False')
  await cluster.until('it is asked', 60, [by], async () => ((await left(cluster)) === 2 ? true : undefined))
}

/** The machine has booted, and its agent and kubelet say so. */
async function comeBack(cluster: TestCluster, first: string): Promise<void> {
  await boot(cluster.api, first, 'booted-anew')
  await cluster.setCondition(first, 'KernelReady', 'True')
  await cluster.setCondition(first, 'Ready', 'True')
}

/** Requests and locks that are there. */
async function left({ api }: TestCluster): Promise<number> {
  const held = (await listObjects<KubeObject>(api, leases, { namespace: leaseNamespace })).items
  return (await openRequests(api)).length + held.length
}

const refusing = (cluster: TestCluster, isOver: () => boolean): Api =>
  tap(cluster.api, {
    before(write) {
      if (isOver() || !write.startsWith('delete selfnoderemediations')) return
      throw new KubeError('NM_KUBE_FORBIDDEN', 'a webhook says no', { call: write, status: 403 })
    },
  }).api

describe('a request and its lock', () => {
  test('are taken back when the machine is back, before its proof', async (t) => {
    const { cluster, first } = await given(t)
    const a = await half(cluster, 'a')
    await asked(cluster, first, a)
    await comeBack(cluster, first)
    await cluster.until('the proof begins', 30, [a], phaseOf(cluster, first, 'Dwelling'))
    assert.equal(await left(cluster), 0)
    await cluster.until('it is proven', 30, [a], phaseOf(cluster, first, 'Succeeded'))
  })

  test('are taken back when the machine never comes back', async (t) => {
    const { cluster, first } = await given(t)
    const a = await half(cluster, 'a')
    await asked(cluster, first, a)
    await cluster.clock.advance(41 * 60_000)
    await cluster.until('it has failed', 2_600, [a], phaseOf(cluster, first, 'Failed'))
    assert.equal(await left(cluster), 0)
  })

  test('a controller that ends in between leaves them to the next one', async (t) => {
    const { cluster, first } = await given(t)
    const a = await half(cluster, 'a')
    await asked(cluster, first, a)
    await a.kill()
    const b = await half(cluster, 'b')
    await comeBack(cluster, first)
    await cluster.until('it is proven', 60, [b], phaseOf(cluster, first, 'Succeeded'))
    assert.equal(await left(cluster), 0)
  })

  test('refused for a while, it is tried again, and the repair waits', async (t) => {
    const { cluster, first } = await given(t)
    let over = false
    const a = await half(
      cluster,
      'a',
      refusing(cluster, () => over),
    )
    await asked(cluster, first, a)
    await comeBack(cluster, first)
    await cluster.run(10, a)
    assert.equal((await cluster.repairs())[0]?.phase, 'Acting')
    over = true
    await cluster.until('it is proven', 30, [a], phaseOf(cluster, first, 'Succeeded'))
    assert.equal(await left(cluster), 0)
  })

  test('refused for ever, the repair goes on all the same, and its record says what stayed', async (t) => {
    const { cluster, first } = await given(t)
    const a = await half(
      cluster,
      'a',
      refusing(cluster, () => false),
    )
    await asked(cluster, first, a)
    await comeBack(cluster, first)
    const dwelling = await cluster.until('the proof begins', 120, [a], phaseOf(cluster, first, 'Dwelling'))
    assert.match(dwelling.phases.at(-1)?.why ?? '', /not taken back from medik8s: .*a webhook says no/)
  })
})
