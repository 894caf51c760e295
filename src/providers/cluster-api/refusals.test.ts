import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nodes } from '../../kube/api.ts'
import { deleteObject, patchObject } from '../../kube/objects.ts'
import { clusters, controlPlanes, machineDeployments, machineHealthChecks, machineSets, machines } from './objects.ts'
import { condition, make, namespace } from './testing/cluster.ts'
import { annotate, ask, change, type Given, given, operationOn, stored, version } from './testing/given.ts'

describe('the target', () => {
  test('is the Machine that the Node names and that names the Node, with its namespace', async (t) => {
    const { provider, view, made } = await given(t)
    assert.deepEqual(await provider.target(view, 'Replace'), {
      kind: 'found',
      target: { kind: 'Machine', namespace, name: 'a', uid: made.metadata.uid },
    })
  })

  test('a Node without the annotation, or with the name of a Machine that is not there, is refused', async (t) => {
    const world = await given(t)
    const { api } = world
    const say = (value: string | null) =>
      patchObject(
        api,
        nodes,
        { name: 'a' },
        { metadata: { annotations: { 'cluster.x-k8s.io/machine': value } } },
        { type: 'merge' },
      )
    await say('other')
    assert.match(await ask(world), /no Machine clusters\/other on this cluster/)
    await say(null)
    assert.match(await ask(world), /no annotation cluster\.x-k8s\.io\/machine/)
  })

  test('a Machine that names another node, or the UID of another Node object, is refused', async (t) => {
    const world = await given(t)
    const { api } = world
    const otherUid = { ...world, view: { ...world.view, uid: 'other' } }
    assert.equal(await ask(otherUid), 'found') // v1beta2 tells no UID
    await change(api, machines, 'a', { status: { nodeRef: { name: 'b' } } }, 'status')
    assert.match(await ask(world), /Machine clusters\/a names node b, and not a/)
    await change(api, machines, 'a', { status: { nodeRef: null } }, 'status')
    assert.match(await ask(world), /names no node, and not a/)
  })

  const marks: readonly (readonly [string, (world: Given) => Promise<unknown>, RegExp])[] = [
    [
      'the Cluster’s spec.paused',
      ({ api }) => change(api, clusters, 'prod', { spec: { paused: true } }),
      /Cluster clusters\/prod is paused/,
    ],
    [
      'the Cluster’s annotation',
      ({ api }) => annotate(api, clusters, 'prod', 'cluster.x-k8s.io/paused'),
      /Cluster clusters\/prod is paused/,
    ],
    [
      'the Machine’s annotation',
      ({ api }) => annotate(api, machines, 'a', 'cluster.x-k8s.io/paused'),
      /Machine clusters\/a is paused/,
    ],
    [
      'the MachineSet’s annotation',
      ({ api }) => annotate(api, machineSets, 'gpu-1', 'cluster.x-k8s.io/paused'),
      /gpu-1 is paused/,
    ],
    [
      'the MachineDeployment’s spec.paused',
      ({ api }) => change(api, machineDeployments, 'gpu', { spec: { paused: true } }),
      /MachineDeployment clusters\/gpu is paused/,
    ],
    [
      'skip-remediation',
      ({ api }) => annotate(api, machines, 'a', 'cluster.x-k8s.io/skip-remediation'),
      /skip-remediation/,
    ],
    [
      'a pre-drain hook',
      ({ api }) => annotate(api, machines, 'a', 'pre-drain.delete.hook.machine.cluster.x-k8s.io/storage', 'rook'),
      /storage of rook wants to act before/,
    ],
    [
      'a MachineSet that starts no machines',
      ({ api }) => annotate(api, machineSets, 'gpu-1', 'cluster.x-k8s.io/disable-machine-create', 'true'),
      /starts no machines/,
    ],
    [
      'a rollout',
      ({ api }) => annotate(api, machineDeployments, 'gpu', 'machinedeployment.clusters.x-k8s.io/revision', '4'),
      /rolling out/,
    ],
    ['a deletion', ({ api }) => deleteObject(api, machines(version), { name: 'a', namespace }), /already deleting/],
    [
      'somebody’s question to the owner',
      ({ api }) =>
        change(
          api,
          machines,
          'a',
          {
            status: { conditions: [condition('HealthCheckSucceeded', 'False'), condition('OwnerRemediated', 'False')] },
          },
          'status',
        ),
      /has been asked to replace/,
    ],
    [
      'a Cluster that is gone',
      ({ api }) => deleteObject(api, clusters(version), { name: 'prod', namespace }),
      /the Cluster of Machine clusters\/a is not there/,
    ],
    [
      'an owner that replaces nothing',
      ({ api }) =>
        change(api, machines, 'a', {
          metadata: {
            ownerReferences: [{ apiVersion: 'x/v1', kind: 'TalosThing', name: 't', uid: 'u', controller: true }],
          },
        }),
      /TalosThing t, which replaces no sick machine/,
    ],
    [
      'no owner',
      ({ api }) => change(api, machines, 'a', { metadata: { ownerReferences: null } }),
      /nobody owns Machine/,
    ],
  ]
  for (const [what, make, why] of marks) {
    test(`${what} is respected: refused, and by begin as well`, async (t) => {
      const world = await given(t)
      const operation = await operationOn(world)
      await make(world)
      assert.match(await ask(world), why)
      const before = await stored(world.api)
      await world.provider.begin(operation, 5_000).catch(() => undefined)
      assert.equal((await stored(world.api)).metadata.resourceVersion, before.metadata.resourceVersion)
    })
  }

  test('a MachineHealthCheck that watches the machine owns its repair, unless it hands it over', async (t) => {
    const world = await given(t)
    const check = (spec: object, name: string) =>
      make(world.api, machineHealthChecks, version, name, { spec: { clusterName: 'prod', ...spec } })
    await check({ selector: { matchLabels: { set: 'cpu' } } }, 'elsewhere')
    await check({ selector: {}, clusterName: 'other' }, 'other-cluster')
    assert.equal(await ask(world), 'found')
    const templateRef = { apiVersion: 'nodemend.dev/v1alpha1', kind: 'NodemendRemediationTemplate', name: 't' }
    await check({ selector: {}, remediation: { templateRef } }, 'ours')
    assert.equal(await ask(world), 'found')
    await check({ selector: { matchExpressions: [{ key: 'set', operator: 'In', values: ['gpu'] }] } }, 'theirs')
    assert.match(await ask(world), /MachineHealthCheck theirs watches it/)
  })

  test('a control plane of one machine is refused, and so is one that no KubeadmControlPlane keeps', async (t) => {
    const world = await given(t, 'KubeadmControlPlane')
    assert.equal(await ask(world), 'found')
    await change(world.api, controlPlanes, 'prod-cp', { spec: { replicas: 1 } })
    assert.match(await ask(world), /etcd would lose its quorum/)
    const other = [{ apiVersion: 'x/v1', kind: 'MachineSet', name: 't', uid: 'u', controller: true }]
    await change(world.api, machines, 'a', { metadata: { ownerReferences: other } })
    assert.match(await ask(world), /replaces no sick machine/)
  })
})
