import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { startEmbedded } from '../../embedded/server.ts'
import { type KubeObject, nodes } from '../../kube/api.ts'
import { connectTo } from '../../kube/connect.ts'
import { createObject, deleteObject, patchObject } from '../../kube/objects.ts'
import type { Intervention } from '../../model/action.ts'
import type { NodeView } from '../../model/node.ts'
import { SteppedClock, seededRandom } from '../../telemetry/clock.ts'
import type { Operation } from '../provider.ts'
import { providerOf } from '../providers.ts'
import type { Cloud } from './cloud.ts'
import { eks } from './provider.ts'
import { ModelCloud } from './testing/cloud.ts'

const labels = { 'eks.amazonaws.com/nodegroup': 'gpu' }
const id = 'i-00000001'

async function given(t: { after(run: () => Promise<void>): void }, replaceFirst = false) {
  const clock = new SteppedClock()
  const random = seededRandom(1)
  const embedded = await startEmbedded({ clock, random })
  const api = connectTo({ server: embedded.url, token: () => embedded.token }, { clock, random })
  t.after(async () => {
    api.close()
    await embedded.stop()
  })
  const model = new ModelCloud([id, 'i-00000002', 'i-00000003'], 4)
  const spec = { providerID: `aws:///eu-west-1a/${id}` }
  const node = await createObject<KubeObject>(api, nodes, { metadata: { name: 'a', labels }, spec } as KubeObject)
  await patchObject(
    api,
    nodes,
    { name: 'a' },
    { status: { nodeInfo: { bootID: 'boot-1' } } },
    { type: 'merge', subresource: 'status' },
  )
  const { uid = '' } = node.metadata
  const make = (cloud: Cloud) => providerOf('eks', eks, { api, clock, eks: { cloud, replaceFirst } })
  const view = { name: 'a', uid, labels, providerId: spec.providerID } as unknown as NodeView // no more is read
  const operation = (action: Intervention): Operation => ({
    id: 'a-1',
    action,
    nodeName: 'a',
    nodeUid: uid,
    nodeLabels: labels,
    target: { kind: 'Instance', name: id, uid },
    committedAt: clock.now(),
    displacingSince: clock.now(),
    taken: new Set(),
    ...(action === 'Reboot' && { bootId: 'boot-1' }),
  })
  return { clock, api, model, make, provider: make(model.cloud()), view, operation }
}

describe('the target', () => {
  test('is the instance of the providerID, bound to the Node', async (t) => {
    const { provider, view } = await given(t)
    const target = { kind: 'Instance', name: id, uid: view.uid }
    assert.deepEqual(await provider.target(view, 'Replace'), { kind: 'found', target })
  })

  test('is refused without a cluster, without an instance, and where EKS repairs the group itself', async (t) => {
    const { api, clock, model, provider, view } = await given(t)
    const why = async (answer: ReturnType<typeof provider.target>) => {
      const told = await answer
      return told.kind === 'refused' ? `${told.why}; ${told.change}` : 'found'
    }
    const unset = providerOf('eks', eks, { api, clock })
    assert.match(await why(unset.target(view, 'Replace')), /--eks-cluster/)
    assert.match(
      await why(provider.target({ ...view, providerId: 'kind://a' }, 'Replace')),
      /"kind:\/\/a", and names no instance/,
    )
    model.nodegroup = { ...model.nodegroup, repairs: true, limits: 'on; stops above 20 %' }
    assert.match(await why(provider.target(view, 'Reboot')), /EKS repairs node group gpu itself/)
    model.nodegroup = { ...model.nodegroup, repairs: false, limits: 'off' }
    model.suspended = ['Launch']
    assert.match(await why(provider.target(view, 'Replace')), /suspended its process Launch/)
    assert.equal(await why(provider.target(view, 'Reboot')), 'found')
  })
})

describe('an operation', () => {
  test('replace: the group keeps its size, hooks are waited for, and the next node of the group is the successor', async (t) => {
    const { api, clock, model, provider, operation } = await given(t)
    const replacing = operation('Replace')
    await provider.begin(replacing, 5_000)
    assert.deepEqual(model.changes, [{ kind: 'terminate', instance: id, decrement: false }])
    const running = await provider.look(replacing)
    assert.match(running.state === 'running' ? running.why : '', /waits for its lifecycle hooks/)
    model.finish()
    assert.equal((await provider.look(replacing)).state, 'running', 'the Node object is still there')
    await deleteObject(api, nodes, { name: 'a' })
    const gone = await provider.look(replacing)
    assert.equal(gone.state === 'gone' && gone.successor.kind, 'awaited')
    await clock.advance(60_000)
    await createObject<KubeObject>(api, nodes, {
      metadata: { name: 'elsewhere', labels: { 'eks.amazonaws.com/nodegroup': 'web' } },
    })
    await createObject<KubeObject>(api, nodes, { metadata: { name: 'b', labels } })
    const found = await provider.look(replacing)
    assert.equal(found.state === 'gone' && found.successor.kind === 'found' && found.successor.node.name, 'b')
  })

  test('replace-first: not begun while the replacement starts, then ended, and the group has its former size', async (t) => {
    const { model, provider, operation } = await given(t, true)
    const replacing = operation('Replace')
    await provider.begin(replacing, 5_000)
    assert.equal(model.desired, 4)
    assert.equal((await provider.look(replacing)).state, 'not-started')
    await provider.begin(replacing, 5_000)
    assert.deepEqual(
      model.changes.map(({ kind }) => kind),
      ['mark', 'resize'],
      'it waits',
    )
    model.start('i-00000004')
    await provider.begin(replacing, 5_000)
    assert.equal((await provider.look(replacing)).state, 'running')
    assert.equal(model.desired, 3)
  })

  test('node repair of EKS that was turned on meanwhile, or a person who took the instance out, stops the call', async (t) => {
    const { model, provider, operation } = await given(t)
    model.nodegroup = { ...model.nodegroup, repairs: true, limits: 'on' }
    for (const action of ['Reboot', 'Replace'] as const) {
      await assert.rejects(provider.begin(operation(action), 5_000), /EKS repairs node group gpu itself/)
    }
    model.nodegroup = { ...model.nodegroup, repairs: false, limits: 'off' }
    model.machine(id).lifecycle = 'Standby'
    await assert.rejects(provider.begin(operation('Reboot'), 5_000), /in Standby; needed: i-\w+ is in service again/)
    assert.deepEqual(model.changes, [])
  })

  test('a detached instance, and one whose Node is another object, are unknown, never not begun', async (t) => {
    const { api, model, provider, operation } = await given(t)
    model.machine(id).lifecycle = ''
    assert.equal((await provider.look(operation('Replace'))).state, 'unknown')
    model.machine(id).lifecycle = 'InService'
    await deleteObject(api, nodes, { name: 'a' })
    const view = await provider.look(operation('Replace'))
    assert.match(view.state === 'unknown' ? view.why : '', /i-00000001 runs, and its Node is gone/)
  })

  test('a group that already says it ends the instance is believed before the instance does', async (t) => {
    const { model, make, operation } = await given(t)
    const cloud = model.cloud()
    const late = make({ ...cloud, ending: async () => `Terminating EC2 instance: ${id}` })
    assert.deepEqual(await late.look(operation('Replace')), {
      state: 'running',
      why: `Terminating EC2 instance: ${id}`,
    })
  })

  test('reboot: EC2 is the second witness while the node says nothing', async (t) => {
    const { api, model, provider, operation } = await given(t)
    const booting = operation('Reboot')
    await provider.begin(booting, 5_000)
    assert.equal(model.machine(id).boots, 1)
    model.machine(id).failing = ['system']
    const silent = await provider.look(booting)
    assert.match(
      silent.state === 'unknown' ? silent.why : '',
      /EC2 says of i-00000001: running, failing status checks: system/,
    )
    await patchObject(
      api,
      nodes,
      { name: 'a' },
      { status: { nodeInfo: { bootID: 'boot-2' } } },
      { type: 'merge', subresource: 'status' },
    )
    assert.equal((await provider.look(booting)).state, 'back')
  })

  test('slow: all calls share the time, and what is left after it is not sent', async (t) => {
    const { clock, model, make, operation } = await given(t)
    const cloud = model.cloud()
    const slow = make({
      ...cloud,
      nodegroup: async (...args) => {
        await clock.advance(4_000)
        return cloud.nodegroup(...args)
      },
      instance: async (...args) => {
        await clock.advance(2_000)
        return cloud.instance(...args)
      },
    })
    await assert.rejects(slow.begin(operation('Replace'), 5_000), /too long to answer, so nothing was sent/)
    assert.deepEqual(model.changes, [])
  })
})
