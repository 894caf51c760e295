/** A health check creates a NodemendRemediation, and what it sees until it deletes it. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type KubeObject, nodes, remediations } from '../../kube/api.ts'
import { createObject, deleteObject, getObject, patchObject } from '../../kube/objects.ts'
import { limitedTo } from '../../kube/testing/limited-api.ts'
import { machines } from '../../providers/cluster-api/objects.ts'
import { clusterApiDefinitions } from '../../providers/cluster-api/testing/definitions.ts'
import { tap } from '../../providers/testing/tap.ts'
import { controllerRights } from '../rights/rights.ts'
import { type Context, phaseOf } from '../testing/given-cluster.ts'
import { quickPolicy, startTestCluster, type TestCluster } from '../testing/test-cluster.ts'
import type { RemediationObject } from './request.ts'

const policy = { ...quickPolicy, match: [{ condition: 'RemediationRequested', status: 'True' }] }
const namespace = 'default'

/** Owners of requests exist, or garbage collection takes the requests. */
const healthChecks = {
  group: 'remediation.medik8s.io',
  version: 'v1alpha1',
  plural: 'nodehealthchecks',
  kind: 'NodeHealthCheck',
  namespaced: false,
}
const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
const healthCheckDefinition = {
  metadata: { name: 'nodehealthchecks.remediation.medik8s.io' },
  spec: {
    group: healthChecks.group,
    scope: 'Cluster',
    names: {
      plural: 'nodehealthchecks',
      singular: 'nodehealthcheck',
      kind: 'NodeHealthCheck',
      listKind: 'NodeHealthCheckList',
    },
    versions: [{ name: 'v1alpha1', served: true, storage: true, schema: { openAPIV3Schema: open } }],
  },
}

/** As a NodeHealthCheck creates it. */
async function ask(
  cluster: TestCluster,
  name: string,
  annotations: Readonly<Record<string, string>> = {},
): Promise<void> {
  const ref = { name: 'workers' }
  const owner =
    (await getObject<KubeObject>(cluster.api, healthChecks, ref).catch(() => undefined)) ??
    (await createObject<KubeObject>(cluster.api, healthChecks, { metadata: ref }))
  await request(
    cluster,
    name,
    { ...owner, apiVersion: 'remediation.medik8s.io/v1alpha1', kind: 'NodeHealthCheck' },
    annotations,
  )
}

async function request(
  cluster: TestCluster,
  name: string,
  owner: KubeObject,
  annotations: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { apiVersion = '', kind = '', metadata } = owner
  const ownerReferences = [{ apiVersion, kind, name: metadata.name ?? '', uid: metadata.uid ?? '' }]
  const body = { metadata: { name, namespace, ownerReferences, annotations }, spec: {} }
  await createObject<KubeObject>(cluster.api, remediations, body)
}

async function told(cluster: TestCluster, name: string): Promise<readonly string[]> {
  const { status } = await getObject<RemediationObject>(cluster.api, remediations, { name, namespace })
  return (status?.conditions ?? []).map(({ type, status: is, reason }) => `${type}=${is} ${reason}`)
}

async function requested(cluster: TestCluster, name: string) {
  const found = (await cluster.nodes()).find((one) => one.metadata.name === name)
  const condition = found?.status?.conditions?.find((one) => one.type === 'RemediationRequested')
  return condition && `${condition.status} ${condition.reason}`
}

async function givenWorld(t: Context, spec: object = policy) {
  const definitions = [healthCheckDefinition, ...clusterApiDefinitions('v1beta2')]
  const cluster = await startTestCluster({ groups: [{ name: 'pool', size: 4, replaceMs: 2_000 }] }, definitions)
  t.after(() => cluster.stop())
  await cluster.policy('requested', spec)
  const [first = '', second = ''] = (await cluster.nodes()).map((one) => one.metadata.name ?? '')
  return { cluster, first, second }
}

async function given(t: Context, spec: object = policy) {
  const world = await givenWorld(t, spec)
  return { ...world, half: await world.cluster.half('a') }
}

describe('a NodeHealthCheck that asks', () => {
  test('is evidence on the node, goes through the gates, is answered at each step, and sees the end', async (t) => {
    const { cluster, first, half } = await given(t)
    await ask(cluster, first)
    await cluster.run(2, half)
    assert.equal(await requested(cluster, first), 'True NodeHealthCheck')
    await cluster.run(1, half)
    assert.deepEqual(await told(cluster, first), ['Processing=True Waiting', 'Succeeded=Unknown Waiting'])
    await cluster.until('it is acted', 60, [half], phaseOf(cluster, first, 'Observing'))
    await cluster.until('it is proven', 60, [half], phaseOf(cluster, first, 'Succeeded'))
    await cluster.run(2, half)
    assert.deepEqual(await told(cluster, first), [
      'Processing=False Succeeded',
      'Succeeded=True Succeeded',
      'PermanentNodeDeletionExpected=True Succeeded',
    ])
  })

  test('a budget that has no room holds, and the health check reads which gate', async (t) => {
    const { cluster, first, half } = await given(t, { ...policy, budgets: [{ nodes: '0' }] })
    await ask(cluster, first)
    await cluster.run(10, half)
    const { status } = await getObject<RemediationObject>(cluster.api, remediations, { name: first, namespace })
    assert.match(status?.conditions?.[0]?.message ?? '', /^gate budget: /)
    assert.equal(
      (await cluster.repairs()).every((one) => one.phase === 'Pending'),
      true,
    )
  })

  test('without a policy nothing happens, and that is said', async (t) => {
    const { cluster, first, half } = await given(t, quickPolicy)
    await ask(cluster, first)
    await cluster.run(5, half)
    assert.deepEqual(await told(cluster, first), ['Processing=True NoDecision', 'Succeeded=Unknown NoDecision'])
    assert.deepEqual(await cluster.repairs(), [])
  })

  for (const [what, end] of [
    [
      'deletes it',
      (cluster: TestCluster, name: string) => deleteObject(cluster.api, remediations, { name, namespace }),
    ],
    [
      'gives it up (nhc-timed-out)',
      (cluster: TestCluster, name: string) => {
        const annotations = { 'remediation.medik8s.io/nhc-timed-out': '2026-01-01T00:00:00Z' }
        return patchObject(
          cluster.api,
          remediations,
          { name, namespace },
          { metadata: { annotations } },
          { type: 'merge' },
        )
      },
    ],
  ] as const) {
    test(`once it ${what}, the node says so, and a repair that has not begun ends`, async (t) => {
      const { cluster, first, half } = await given(t, { ...policy, mode: 'Approve' })
      await ask(cluster, first)
      await cluster.run(8, half)
      assert.equal((await cluster.repairs())[0]?.phase, 'Pending')
      await end(cluster, first)
      await cluster.run(4, half)
      assert.equal(await requested(cluster, first), 'False NotRequested')
      assert.equal((await cluster.repairs())[0]?.phase, 'Cancelled')
    })
  }

  test('names the node by annotation where its template is one of several; a node that is not there is answered', async (t) => {
    const { cluster, first, half } = await given(t)
    await ask(cluster, 'generated-x7k', { 'remediation.medik8s.io/node-name': first })
    await ask(cluster, 'nobody')
    await cluster.run(3, half)
    assert.equal(await requested(cluster, first), 'True NodeHealthCheck')
    assert.deepEqual(await told(cluster, 'nobody'), ['Processing=False NodeNotFound', 'Succeeded=False NodeNotFound'])
  })

  test('ten at once are carried out one after the other, as the budget says', async (t) => {
    const { cluster, half } = await given(t)
    for (const { metadata } of await cluster.nodes()) await ask(cluster, metadata.name ?? '')
    for (let second = 0; second < 30; second++) {
      await cluster.run(1, half)
      const busy = (await cluster.repairs()).filter(
        ({ phase }) => !['Pending', 'Succeeded', 'Cancelled'].includes(phase),
      )
      assert.ok(busy.length <= 1, `${busy.length} in flight`)
    }
  })
})

describe('a MachineHealthCheck that asks', () => {
  test('names the Machine, and the node is the one that Cluster API has linked to it in that namespace', async (t) => {
    const { cluster, first, second, half } = await given(t)
    const machine = await createObject<KubeObject>(cluster.api, machines('v1beta2'), {
      metadata: { name: 'gpu-x7', namespace },
    })
    const link = (of: string) => ({ 'cluster.x-k8s.io/machine': 'gpu-x7', 'cluster.x-k8s.io/cluster-namespace': of })
    await cluster.annotate(nodes, first, link('elsewhere'))
    await cluster.annotate(nodes, second, link(namespace))
    await request(cluster, 'gpu-x7', { ...machine, apiVersion: 'cluster.x-k8s.io/v1beta2', kind: 'Machine' })
    await cluster.run(3, half)
    assert.equal(await requested(cluster, second), 'True MachineHealthCheck')
    assert.equal(await requested(cluster, first), undefined)
  })
})

test('nobody asks: nothing is written', async (t) => {
  const { cluster } = await givenWorld(t)
  const tapped = tap(cluster.api, {})
  const half = await cluster.half('a', { api: tapped.api })
  await cluster.run(5, half)
  const before = tapped.sent.length
  await cluster.run(30, half)
  assert.equal(tapped.sent.length, before)
})

test('without the rights nothing is answered, and the rest of the controller works', async (t) => {
  const { cluster, first } = await givenWorld(t, quickPolicy)
  const rights = controllerRights('default').filter((one) => one.resource !== remediations.plural)
  const half = await cluster.half('a', { api: limitedTo(cluster.api, () => rights).api, providers: [] })
  await ask(cluster, first)
  await cluster.setCondition(first, 'KernelReady', 'False')
  await cluster.run(6, half)
  assert.equal(await requested(cluster, first), undefined)
  assert.equal((await cluster.repairs()).length, 1)
})
