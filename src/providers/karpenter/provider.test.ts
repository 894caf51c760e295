import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { startEmbedded } from '../../embedded/server.ts'
import { type Api, type KubeObject, nodeClaims, nodes, pods, type Resource } from '../../kube/api.ts'
import { connectTo } from '../../kube/connect.ts'
import { createObject, deleteObject, getObject, patchObject } from '../../kube/objects.ts'
import type { NodeView } from '../../model/node.ts'
import { SteppedClock, seededRandom } from '../../telemetry/clock.ts'
import type { Operation } from '../provider.ts'
import { providerOf } from '../providers.ts'
import { karpenter } from './provider.ts'
import { nodeClaimDefinition } from './testing/definition.ts'

const finalizer = 'karpenter.sh/termination'
const pool = { 'karpenter.sh/nodepool': 'gpu' }

async function given(t: { after(run: () => Promise<void>): void }) {
  const clock = new SteppedClock()
  const random = seededRandom(1)
  const embedded = await startEmbedded({ clock, random, crds: [nodeClaimDefinition] })
  const api = connectTo({ server: embedded.url, token: () => embedded.token }, { clock, random })
  t.after(async () => {
    api.close()
    await embedded.stop()
  })
  return { clock, api, provider: providerOf('karpenter', karpenter, { api, clock }) }
}

/** A claim with its finaliser and, unless told otherwise, the node it became. */
async function machine(api: Api, name: string, joined = true): Promise<KubeObject> {
  const status = { providerID: `aws:///${name}`, ...(joined && { nodeName: name }) }
  const claim = { metadata: { name, labels: pool, finalizers: [finalizer] }, status }
  await createObject<KubeObject>(api, nodeClaims, claim)
  await patchObject(api, nodeClaims, { name }, { status }, { type: 'merge', subresource: 'status' })
  const node = { metadata: { name, labels: pool }, spec: { providerID: `aws:///${name}` } }
  if (joined) await createObject<KubeObject>(api, nodes, node)
  return getObject(api, nodeClaims, { name })
}

const uidOf = async (api: Api, resource: Resource, name: string): Promise<string> =>
  (await getObject(api, resource, { name })).metadata.uid ?? ''

const view = (name: string): NodeView => ({ name, providerId: `aws:///${name}`, labels: pool }) as unknown as NodeView // only these are read

async function operationOn(api: Api, clock: SteppedClock, name: string): Promise<Operation> {
  return {
    id: `${name}-1`,
    action: 'Replace',
    nodeName: name,
    nodeUid: await uidOf(api, nodes, name),
    nodeLabels: pool,
    target: { kind: 'NodeClaim', name, uid: await uidOf(api, nodeClaims, name) },
    committedAt: clock.now(),
    displacingSince: clock.now(),
    taken: new Set(),
  }
}

describe('the target', () => {
  test('is the one NodeClaim with the node’s providerID', async (t) => {
    const { api, provider } = await given(t)
    const claim = await machine(api, 'a')
    await machine(api, 'b')
    assert.deepEqual(await provider.target(view('a'), 'Replace'), {
      kind: 'found',
      target: { kind: 'NodeClaim', name: 'a', uid: claim.metadata.uid },
    })
  })

  test('none, two, or one that is already being deleted is refused', async (t) => {
    const { api, provider } = await given(t)
    assert.equal((await provider.target(view('a'), 'Replace')).kind, 'refused')
    await machine(api, 'a')
    await deleteObject(api, nodeClaims, { name: 'a' })
    const answer = await provider.target(view('a'), 'Replace')
    assert.match(answer.kind === 'refused' ? answer.why : '', /already deleting NodeClaim a/)
    await createObject<KubeObject>(api, nodeClaims, { metadata: { name: 'twin' } })
    await patchObject(
      api,
      nodeClaims,
      { name: 'twin' },
      { status: { providerID: 'aws:///a' } },
      { type: 'merge', subresource: 'status' },
    )
    const two = await provider.target(view('a'), 'Replace')
    assert.match(two.kind === 'refused' ? two.why : '', /2 NodeClaims/)
  })
})

describe('an operation', () => {
  test('not started, running while the finaliser or the node is there, gone, succeeded by the new node', async (t) => {
    const { api, clock, provider } = await given(t)
    await machine(api, 'a')
    const operation = await operationOn(api, clock, 'a')
    assert.equal((await provider.look(operation)).state, 'not-started')
    await provider.begin(operation, 5_000)
    assert.equal((await provider.look(operation)).state, 'running')
    await provider.begin(operation, 5_000) // again: nothing new happens
    await patchObject(api, nodeClaims, { name: 'a' }, { metadata: { finalizers: null } }, { type: 'merge' })
    assert.deepEqual(await provider.look(operation), { state: 'running', why: 'the Node object is still there' })
    await deleteObject(api, nodes, { name: 'a' })
    const awaited = await provider.look(operation)
    assert.equal(awaited.state === 'gone' && awaited.successor.kind, 'awaited')
    await clock.advance(5_000)
    await machine(api, 'c', false)
    const launched = await provider.look(operation)
    assert.equal(launched.state === 'gone' && launched.successor.kind, 'awaited')
    await deleteObject(api, nodeClaims, { name: 'c' })
    await machine(api, 'd')
    assert.deepEqual(await provider.look(operation), {
      state: 'gone',
      successor: { kind: 'found', node: { name: 'd', uid: await uidOf(api, nodes, 'd') } },
    })
    const other = { ...operation, taken: new Set([await uidOf(api, nodes, 'd')]) }
    const taken = await provider.look(other)
    assert.equal(taken.state === 'gone' && taken.successor.kind, 'awaited')
  })

  test('a machine that the drained pods asked for, before the old one went, is the new one', async (t) => {
    const { api, clock, provider } = await given(t)
    await machine(api, 'a')
    await clock.advance(60_000)
    const started = clock.now()
    await clock.advance(5_000)
    await machine(api, 'early')
    await clock.advance(30_000)
    const operation = { ...(await operationOn(api, clock, 'a')), displacingSince: started }
    await patchObject(api, nodeClaims, { name: 'a' }, { metadata: { finalizers: null } }, { type: 'merge' })
    await provider.begin(operation, 5_000)
    await deleteObject(api, nodes, { name: 'a' })
    const gone = await provider.look(operation)
    assert.deepEqual(gone.state === 'gone' && gone.successor.kind === 'found' && gone.successor.node.name, 'early')
  })

  test('a long drain: a machine that was started early in it proves the repair, also when no pod waits any more', async (t) => {
    const { api, clock, provider } = await given(t)
    await machine(api, 'a')
    await clock.advance(60_000)
    const displacingSince = clock.now()
    await clock.advance(60_000)
    await machine(api, 'early', false)
    await clock.advance(10 * 60_000)
    const operation = { ...(await operationOn(api, clock, 'a')), displacingSince }
    await patchObject(api, nodeClaims, { name: 'a' }, { metadata: { finalizers: null } }, { type: 'merge' })
    await provider.begin(operation, 5_000)
    await deleteObject(api, nodes, { name: 'a' })
    await clock.advance(130_000)
    const launched = await provider.look(operation)
    assert.deepEqual(launched.state === 'gone' && launched.successor, {
      kind: 'awaited',
      why: 'the new machine has not joined yet',
    })
    await createObject<KubeObject>(api, nodes, { metadata: { name: 'early', labels: pool } })
    const status = { providerID: 'aws:///early', nodeName: 'early' }
    await patchObject(api, nodeClaims, { name: 'early' }, { status }, { type: 'merge', subresource: 'status' })
    const joined = await provider.look(operation)
    assert.equal(joined.state === 'gone' && joined.successor.kind, 'found')
  })

  test('a claim of the same name is another one: it is never deleted', async (t) => {
    const { api, clock, provider } = await given(t)
    await machine(api, 'a')
    const operation = await operationOn(api, clock, 'a')
    const stale = { ...operation, target: { ...operation.target, uid: 'another-uid' } }
    await provider.begin(stale, 5_000)
    const claim = await getObject(api, nodeClaims, { name: 'a' })
    assert.equal(claim.metadata.deletionTimestamp, undefined)
  })

  test('when no pod waits, Karpenter starts nothing, and nothing is missing', async (t) => {
    const { api, clock, provider } = await given(t)
    await machine(api, 'a')
    const operation = await operationOn(api, clock, 'a')
    await patchObject(api, nodeClaims, { name: 'a' }, { metadata: { finalizers: null } }, { type: 'merge' })
    await provider.begin(operation, 5_000)
    await deleteObject(api, nodes, { name: 'a' })
    const waiting = { metadata: { name: 'p', namespace: 'default' }, spec: { containers: [{ name: 'c', image: 'i' }] } }
    await createObject(api, pods, waiting as KubeObject)
    await clock.advance(121_000)
    const needed = await provider.look(operation)
    assert.equal(needed.state === 'gone' && needed.successor.kind, 'awaited')
    await deleteObject(api, pods, { name: 'p', namespace: 'default' }, { gracePeriodSeconds: 0 })
    const enough = await provider.look(operation)
    assert.equal(enough.state === 'gone' && enough.successor.kind, 'not-needed')
  })

  test('kind 2: pods that waited before, wait for another pool, are gated or go keep no finished replacement awaited', async (t) => {
    const { api, clock, provider } = await given(t)
    await machine(api, 'a')
    const waiting = (name: string, spec: object = {}): Promise<unknown> =>
      createObject(api, pods, {
        metadata: { name, namespace: 'default' },
        spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
      } as KubeObject)
    await waiting('old')
    await clock.advance(3_600_000)
    const operation = await operationOn(api, clock, 'a')
    await patchObject(api, nodeClaims, { name: 'a' }, { metadata: { finalizers: null } }, { type: 'merge' })
    await provider.begin(operation, 5_000)
    await deleteObject(api, nodes, { name: 'a' })
    await clock.advance(60_000)
    await waiting('elsewhere', { nodeSelector: { 'karpenter.sh/nodepool': 'cpu' } })
    await waiting('gated', { schedulingGates: [{ name: 'quota' }] })
    await clock.advance(61_000)
    const over = await provider.look(operation)
    assert.equal(over.state === 'gone' && over.successor.kind, 'not-needed')
    await waiting('evicted', { nodeSelector: { 'karpenter.sh/nodepool': 'gpu' } })
    const needed = await provider.look(operation)
    assert.equal(needed.state === 'gone' && needed.successor.kind, 'awaited')
  })

  test('kind 6: a claim that names another node is not this one’s machine, and both are named', async (t) => {
    const { api, provider } = await given(t)
    await machine(api, 'a')
    const old = { ...view('a'), name: 'old' }
    const answer = await provider.target(old, 'Replace')
    assert.equal(answer.kind, 'refused')
    assert.match(answer.kind === 'refused' ? answer.why : '', /machine of node a now, and not of old/)
  })

  test('no answer is unknown, never a reason to act', async (t) => {
    const { api, clock, provider } = await given(t)
    await machine(api, 'a')
    const operation = await operationOn(api, clock, 'a')
    api.close()
    assert.equal((await provider.look(operation)).state, 'unknown')
  })
})
