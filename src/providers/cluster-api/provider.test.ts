import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Api, type KubeObject, nodes } from '../../kube/api.ts'
import { deleteObject, getObject } from '../../kube/objects.ts'
import { providerOf } from '../providers.ts'
import { machineSets, machines } from './objects.ts'
import { clusterApi } from './provider.ts'
import { condition, letGo, machine, namespace } from './testing/cluster.ts'
import { annotate, change, given, operationOn, stored, version } from './testing/given.ts'

describe('an operation', () => {
  test('a MachineSet is asked by both conditions, others stay, and what it says is told', async (t) => {
    const world = await given(t)
    const { api, provider } = world
    const operation = await operationOn(world)
    await provider.begin(operation, 5_000)
    const { status, metadata } = await stored(api)
    assert.equal(metadata.deletionTimestamp, undefined)
    assert.deepEqual(
      status?.conditions?.map(({ type, status: is, reason }) => [type, is, reason]),
      [
        ['Ready', 'True', 'Ready'],
        ['HealthCheckSucceeded', 'False', 'NodemendRepair'],
        ['OwnerRemediated', 'False', 'WaitingForRemediation'],
      ],
    )
    assert.match(status?.conditions?.[1]?.message ?? '', /NodeRepair repair-1/)
    const later = (status?.conditions ?? []).map((one) =>
      one.type === 'OwnerRemediated'
        ? { ...one, reason: 'Deferred', message: 'too many remediations in progress' }
        : one,
    )
    await change(api, machines, 'a', { status: { conditions: later } }, 'status')
    const view = await provider.look(operation)
    assert.match(view.state === 'running' ? view.why : view.state, /asked to replace it: too many remediations/)
  })

  test('a control plane machine is never deleted by us', async (t) => {
    const world = await given(t, 'KubeadmControlPlane')
    await world.provider.begin(await operationOn(world), 5_000)
    assert.equal((await stored(world.api)).metadata.deletionTimestamp, undefined)
    assert.equal((await stored(world.api)).status?.conditions?.length, 3)
  })

  test('a failed check of a MachineHealthCheck stays as it is: only the owner is asked', async (t) => {
    const world = await given(t)
    const { api, provider } = world
    const failed = { ...condition('HealthCheckSucceeded', 'False'), reason: 'UnhealthyNode' }
    await change(api, machines, 'a', { status: { conditions: [failed] } }, 'status')
    await provider.begin(await operationOn(world), 5_000)
    const { status } = await stored(api)
    assert.deepEqual(
      status?.conditions?.map(({ reason }) => reason),
      ['UnhealthyNode', 'WaitingForRemediation'],
    )
    await provider.settle?.(await operationOn(world), 5_000)
    assert.equal((await stored(api)).status?.conditions?.length, 2, 'the question of others is not taken back')
  })

  test('a machine of a MachinePool is named for deletion and deleted; its hooks are waited for, and told', async (t) => {
    const world = await given(t, 'MachinePool')
    const { api, provider } = world
    await annotate(api, machines, 'a', 'pre-terminate.delete.hook.machine.cluster.x-k8s.io/backup', 'velero')
    const operation = await operationOn(world)
    await provider.begin(operation, 5_000)
    const { metadata } = await stored(api)
    assert.equal(metadata.annotations?.['cluster.x-k8s.io/delete-machine'], 'repair-1')
    assert.notEqual(metadata.deletionTimestamp, undefined)
    const view = await provider.look(operation)
    assert.match(view.state === 'running' ? view.why : view.state, /waits for .*backup of velero/)
  })

  test('a change of the Machine between reading and writing is a conflict, and nothing is written', async (t) => {
    const world = await given(t)
    const { api, clock } = world
    const racing: Api = {
      ...api,
      request: async (call) => {
        if (call.verb === 'patch') await annotate(api, machines, 'a', 'touched')
        return api.request(call)
      },
      stream: (call) => api.stream(call),
      close: () => undefined,
    }
    const provider = providerOf('cluster-api', clusterApi, { api: racing, clock })
    await assert.rejects(provider.begin(await operationOn(world), 5_000))
    assert.equal((await stored(api)).status?.conditions?.length, 1)
  })

  test('the oldest new node of the pool is the successor', async (t) => {
    const world = await given(t)
    const { api, clock, provider, owner, kind } = world
    await clock.advance(60_000)
    const operation = { ...(await operationOn(world)), displacingSince: clock.now() }
    await provider.begin(operation, 5_000)
    await deleteObject(api, machines(version), { name: 'a', namespace })
    await letGo(api, version, 'a')
    assert.deepEqual(await provider.look(operation), { state: 'running', why: 'the Node object is still there' })
    await deleteObject(api, nodes, { name: 'a' })
    const awaited = await provider.look(operation)
    assert.equal(awaited.state === 'gone' && awaited.successor.kind, 'awaited')
    await clock.advance(60_000)
    const { node } = await machine(api, version, 'n', { owner: await reread(api, owner), kind })
    assert.deepEqual(await provider.look(operation), {
      state: 'gone',
      successor: { kind: 'found', node: { name: 'n', uid: node.metadata.uid } },
    })
  })
})

const reread = (api: Api, { metadata: { name = '' } }: KubeObject) =>
  getObject<KubeObject>(api, machineSets(version), { name, namespace })
