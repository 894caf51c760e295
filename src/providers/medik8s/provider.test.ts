import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { startEmbedded } from '../../embedded/server.ts'
import { type Api, type KubeObject, leases, nodes } from '../../kube/api.ts'
import { connectTo } from '../../kube/connect.ts'
import { createObject, getObject, patchObject } from '../../kube/objects.ts'
import type { NodeView } from '../../model/node.ts'
import { SteppedClock, seededRandom } from '../../telemetry/clock.ts'
import type { Operation, TargetAnswer } from '../provider.ts'
import { providerOf } from '../providers.ts'
import { leaseNamespace } from './lease.ts'
import { type Remediator, type Request, remediators } from './objects.ts'
import { medik8s } from './provider.ts'
import {
  boot,
  makeTemplate,
  namespace,
  openRequests,
  poolLabels,
  remediatorDefinitions,
  remediatorOf,
} from './testing/remediator.ts'

const selfNode = remediatorOf('SelfNodeRemediation')
const fenceAgents = remediatorOf('FenceAgentsRemediation')
const namespaces = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false }

async function given(t: { after(run: () => Promise<void>): void }, installed: readonly Remediator[] = remediators) {
  const clock = new SteppedClock()
  const random = seededRandom(1)
  const embedded = await startEmbedded({ clock, random, crds: remediatorDefinitions(installed) })
  const api = connectTo({ server: embedded.url, token: () => embedded.token }, { clock, random })
  t.after(async () => {
    api.close()
    await embedded.stop()
  })
  for (const name of [namespace, leaseNamespace]) await createObject(api, namespaces, { metadata: { name } })
  const { metadata } = await createObject<KubeObject>(api, nodes, { metadata: { name: 'a', labels: poolLabels } })
  await boot(api, 'a', 'boot-1')
  const view = { name: 'a', uid: metadata.uid ?? '', labels: poolLabels } as unknown as NodeView // only these are read
  const operation: Operation = {
    id: 'repair-1',
    action: 'Reboot',
    nodeName: 'a',
    nodeUid: view.uid,
    nodeLabels: poolLabels,
    target: { kind: 'Node', name: 'a', uid: view.uid },
    committedAt: clock.now(),
    displacingSince: clock.now(),
    taken: new Set(),
    bootId: 'boot-1',
  }
  return { api, clock, provider: providerOf('medik8s', medik8s, { api, clock }), view, operation }
}

const whyOf = (answer: TargetAnswer): string => (answer.kind === 'refused' ? answer.why : 'found')

const request = (api: Api, name: string, annotations: Readonly<Record<string, string>> = {}) =>
  createObject<Request>(api, selfNode.requests, { metadata: { name, namespace, annotations }, spec: {} })

const lease = (api: Api, holderIdentity: string, renewTime: string) =>
  createObject(api, leases, {
    metadata: { name: 'node-a', namespace: leaseNamespace },
    spec: { holderIdentity, leaseDurationSeconds: 60, renewTime, acquireTime: renewTime },
  } as KubeObject)

describe('the template', () => {
  test('none, or two of the pool, is refused; another pool’s does not count, nor one for another action', async (t) => {
    const { api, provider, view } = await given(t)
    const ask = async () => whyOf(await provider.target(view, 'Reboot'))
    assert.match(await ask(), /0 templates for Reboot have the label nodemend\.dev\/medik8s-pool=racks/)
    await makeTemplate(api, remediatorOf('MachineDeletionRemediation'))
    await makeTemplate(api, fenceAgents, 'other', { 'nodemend.dev/medik8s-pool': 'other' })
    assert.match(await ask(), /0 templates/)
    await makeTemplate(api, fenceAgents)
    assert.equal(await ask(), 'found')
    assert.equal(whyOf(await provider.target(view, 'Replace')), 'found')
    await makeTemplate(api, selfNode)
    assert.match(await ask(), /2 templates/)
  })

  test('remediators that are not installed are none', async (t) => {
    const { api, provider, view } = await given(t, [selfNode])
    await makeTemplate(api, selfNode)
    assert.equal(whyOf(await provider.target(view, 'Reboot')), 'found')
    assert.match(whyOf(await provider.target(view, 'Replace')), /0 templates for Replace/)
  })
})

describe('one node, one owner', () => {
  test('a request of somebody else for the node is respected, by name or by annotation', async (t) => {
    const { api, provider, view, operation } = await given(t)
    await makeTemplate(api, selfNode)
    await request(api, 'b')
    assert.equal(whyOf(await provider.target(view, 'Reboot')), 'found')
    await request(api, 'generated-x7', { 'remediation.medik8s.io/node-name': 'a' })
    assert.match(
      whyOf(await provider.target(view, 'Reboot')),
      /SelfNodeRemediation medik8s\/generated-x7 says nothing yet/,
    )
    await assert.rejects(provider.begin(operation, 5_000), /medik8s is at work/)
    assert.equal((await openRequests(api)).length, 2)
  })

  test('a Lease that somebody holds is respected until it ends, and by begin as well', async (t) => {
    const { api, clock, provider, view, operation } = await given(t)
    await makeTemplate(api, selfNode)
    await lease(api, 'node-maintenance', new Date(clock.now()).toISOString().replace('Z', '000Z'))
    assert.match(
      whyOf(await provider.target(view, 'Reboot')),
      /node-maintenance holds the Lease medik8s-leases\/node-a until/,
    )
    await assert.rejects(provider.begin(operation, 5_000), /node-maintenance holds/)
    assert.equal((await openRequests(api)).length, 0)
    await clock.advance(61_000)
    assert.equal(whyOf(await provider.target(view, 'Reboot')), 'found')
    await provider.begin(operation, 5_000)
    const { spec } = await getObject<KubeObject & { spec?: { holderIdentity?: string } }>(api, leases, {
      name: 'node-a',
      namespace: leaseNamespace,
    })
    assert.equal(spec?.holderIdentity, 'nodemend')
  })
})

describe('a request', () => {
  test('is named after the node, made from the template, and says whose it is', async (t) => {
    const { api, provider, view, operation } = await given(t)
    await makeTemplate(api, fenceAgents)
    await provider.begin(operation, 5_000)
    const [made] = await openRequests(api)
    assert.equal(made?.metadata.name, 'a')
    assert.deepEqual(made?.spec, { remediationStrategy: 'Automatic' })
    assert.deepEqual(made?.metadata.annotations, {
      'remediation.medik8s.io/node-name': 'a',
      'remediation.medik8s.io/template-name': 'template',
      'nodemend.dev/repair': 'repair-1',
    })
    assert.deepEqual(made?.metadata.ownerReferences, [{ apiVersion: 'v1', kind: 'Node', name: 'a', uid: view.uid }])
  })

  test('what the remediator says is told while the node has not booted; then the node has the last word', async (t) => {
    const { api, provider, operation } = await given(t)
    await makeTemplate(api, selfNode)
    await provider.begin(operation, 5_000)
    const conditions = [
      { type: 'Processing', status: 'False', reason: 'X' },
      { type: 'Succeeded', status: 'True' },
    ]
    const patch = { status: { conditions } }
    await patchObject(api, selfNode.requests, { name: 'a', namespace }, patch, { type: 'merge', subresource: 'status' })
    const lied = await provider.look(operation)
    assert.match(
      lied.state === 'unknown' ? lied.why : lied.state,
      /still has boot id boot-1; .*Processing=False \(X\), Succeeded=True/,
    )
    await boot(api, 'a', 'boot-2')
    assert.equal((await provider.look(operation)).state, 'back')
  })

  test('one that is not done is told to stop before it is deleted; one of others stays', async (t) => {
    const { api, provider, operation } = await given(t)
    await makeTemplate(api, selfNode)
    await provider.begin(operation, 5_000)
    const hold = { metadata: { finalizers: ['self-node-remediation.medik8s.io/snr-finalizer'] } }
    await patchObject(api, selfNode.requests, { name: 'a', namespace }, hold, { type: 'merge' })
    await request(api, 'theirs', { 'remediation.medik8s.io/node-name': 'a' })
    await provider.settle?.(operation, 5_000)
    const { metadata } = await getObject<Request>(api, selfNode.requests, { name: 'a', namespace })
    assert.notEqual(metadata.deletionTimestamp, undefined)
    assert.notEqual(metadata.annotations?.['remediation.medik8s.io/nhc-timed-out'], undefined)
    assert.deepEqual(
      (await openRequests(api)).map((one) => one.metadata.name),
      ['theirs'],
    )
  })
})
