/** Drains where the cluster serves EvictionRequests: a scripted controller and responder on the embedded API server. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type KubeObject, pods } from '../../../kube/api.ts'
import { createObject, deleteObject, listObjects, patchObject } from '../../../kube/objects.ts'
import { givenPod, phaseOf } from '../../testing/given-cluster.ts'
import { podsOn, quickPolicy, startTestCluster, type TestCluster } from '../../testing/test-cluster.ts'
import { evictionRequests, evictions } from './requests.ts'

interface Request extends KubeObject {
  readonly spec: {
    readonly target: { readonly pod: { readonly name: string; readonly uid: string } }
    readonly requester: string
    readonly intent: string
  }
}

/** As much of KEP-4563's kinds as we use. */
function definition({ plural, kind, group, version }: typeof evictions) {
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
  return {
    metadata: { name: `${plural}.${group}`, annotations: { 'api-approved.kubernetes.io': 'KEP-4563' } },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
      versions: [{ name: version, served: true, storage: true, subresources: { status: {} }, schema }],
    },
  }
}

const requestsIn = async (cluster: TestCluster) => (await listObjects<Request>(cluster.api, evictionRequests)).items

/** What the evictionrequest-controller writes about a request. */
async function stateOf(cluster: TestCluster, request: Request, conditions: readonly object[] = []): Promise<void> {
  const { name = '', namespace = '' } = request.metadata
  const status = { observedGeneration: 1, conditions }
  await patchObject(
    cluster.api,
    evictionRequests,
    { name, namespace },
    { status },
    { type: 'merge', subresource: 'status' },
  )
}

async function givenServed(t: { after(run: () => Promise<void>): void }) {
  const crds = [definition(evictionRequests), definition(evictions)]
  const cluster = await startTestCluster({ groups: [{ name: 'pool', size: 4, replaceMs: 2_000 }] }, crds)
  t.after(() => cluster.stop())
  await cluster.policy('kernel', { ...quickPolicy, drain: { timeout: '5m', blockedAfter: '4m' } })
  const [first = ''] = (await cluster.nodes()).map((one) => one.metadata.name ?? '')
  await givenPod(cluster, first, 'web')
  await cluster.run(3)
  const half = await cluster.half('a')
  await cluster.setCondition(first, 'KernelReady', 'False')
  const made = async () => (await requestsIn(cluster))[0]
  const request = await cluster.until('an EvictionRequest is made', 40, [half], made)
  return { cluster, first, half, request }
}

describe('where EvictionRequests are served', () => {
  test('one is made per pod, its responder is named, and the repair goes on when the pod is gone', async (t) => {
    const { cluster, first, half, request } = await givenServed(t)
    const [web] = (await listObjects<KubeObject>(cluster.api, pods, { namespace: 'default' })).items
    assert.deepEqual(request.spec, {
      target: { pod: { name: 'web', uid: web?.metadata.uid } },
      requester: 'nodemend.dev/controller',
      intent: 'Eviction',
    })
    await stateOf(cluster, request)
    const metadata = { name: 'e', namespace: 'default', labels: { 'nodemend.dev/controller': 'requester' } }
    await createObject(cluster.api, evictions, { metadata, spec: { target: request.spec.target } } as KubeObject)
    const status = {
      targetResponders: [{ name: 'acme.io/migrate', priority: 10_000, state: 'Active' }],
      responders: [{ name: 'acme.io/migrate', message: 'saved 40 %' }],
    }
    const ref = { name: 'e', namespace: 'default' }
    await patchObject(cluster.api, evictions, ref, { status }, { type: 'merge', subresource: 'status' })
    await cluster.run(70, half)
    assert.deepEqual(await podsOn(cluster, first), ['web'], 'nobody else evicts it')
    const [record] = await cluster.repairs()
    assert.match(record?.drain?.blockers[0]?.reason ?? '', /responder acme\.io\/migrate is at work: saved 40 %/)
    await deleteObject(cluster.api, pods, { name: 'web', namespace: 'default' })
    const done = await cluster.until('it is repaired', 60, [half], phaseOf(cluster, first, 'Succeeded'))
    assert.equal(done.drain?.evicted, 1)
    assert.deepEqual(await requestsIn(cluster), [], 'nothing is left behind')
  })

  test('it is withdrawn when the node recovers', async (t) => {
    const { cluster, first, half, request } = await givenServed(t)
    await stateOf(cluster, request)
    const hold = { metadata: { finalizers: ['example.com/hold'] } }
    const { name = '', namespace = '' } = request.metadata
    await patchObject(cluster.api, evictionRequests, { name, namespace }, hold, { type: 'merge' })
    await cluster.setCondition(first, 'KernelReady', 'True')
    await cluster.until('it is cancelled', 10, [half], phaseOf(cluster, first, 'Cancelled'))
    const [left] = await requestsIn(cluster)
    assert.equal(left?.spec.intent, 'Withdrawn')
    assert.ok(left?.metadata.deletionTimestamp)
    assert.deepEqual(await podsOn(cluster, first), ['web'])
  })

  test('one that fails is followed by pods/eviction, and the record says so', async (t) => {
    const { cluster, first, half, request } = await givenServed(t)
    await stateOf(cluster, request, [{ type: 'Failed', status: 'True', reason: 'NoFurtherResponder' }])
    const done = await cluster.until('it is repaired', 60, [half], phaseOf(cluster, first, 'Succeeded'))
    assert.match(done.drain?.notes?.join() ?? '', /came to nothing \(NoFurtherResponder\), so pods\/eviction is used/)
  })

  test('one that no controller looks at for a minute is followed by pods/eviction', async (t) => {
    const { cluster, first, half } = await givenServed(t)
    await cluster.run(50, half)
    assert.deepEqual(await podsOn(cluster, first), ['web'])
    const done = await cluster.until('it is repaired', 60, [half], phaseOf(cluster, first, 'Succeeded'))
    assert.match(done.drain?.notes?.join() ?? '', /no controller acts on EvictionRequests/)
    assert.deepEqual(await requestsIn(cluster), [], 'nothing is left behind')
  })

  test('a controller that dies in between makes none twice', async (t) => {
    const { cluster, first, half, request } = await givenServed(t)
    await stateOf(cluster, request)
    await half.kill()
    const next = await cluster.half('b', { leadership: { fencingToken: 2 } })
    await cluster.run(5, next)
    const [only, second] = await requestsIn(cluster)
    assert.equal(only?.metadata.uid, request.metadata.uid)
    assert.equal(second, undefined)
    await deleteObject(cluster.api, pods, { name: 'web', namespace: 'default' })
    await cluster.until('it is repaired', 60, [next], phaseOf(cluster, first, 'Succeeded'))
  })
})
