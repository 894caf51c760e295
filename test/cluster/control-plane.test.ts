import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import type { Rest } from './rest.ts'
import { clusterFor } from './suite.ts'

interface NodeStatus {
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
}

const OURS = ['KernelReady', 'NetworkingReady', 'StorageReady', 'ContainerRuntimeReady', 'AcceleratedHardwareReady']
const STAMP = '2026-01-01T00:00:00Z'
const APPLY = { method: 'PATCH', contentType: 'application/apply-patch+yaml' } as const

test('a real control plane', async (t) => {
  const cluster = await clusterFor(t, {
    identities: { worker: { user: 'system:node:worker-1', groups: ['system:nodes'] } },
  })
  if (!cluster) return
  const { admin } = cluster

  await t.test('answers with its version', async () => {
    const version = await admin.get<{ gitVersion: string }>('/version')
    assert.equal(version.gitVersion, 'v1.36.3')
  })

  await t.test('keeps our five conditions beside those of kubelet', async () => {
    await createNode(admin, 'worker-1')
    await applyConditions(admin, 'worker-1', 'kubelet', ['Ready'])
    await applyConditions(admin, 'worker-1', 'nodemend', OURS)
    assert.deepEqual(await conditionTypes(admin, 'worker-1'), ['Ready', ...OURS].sort())
  })

  await t.test('drops a condition left out of the next apply, and all of ours with an empty list', async () => {
    await applyConditions(admin, 'worker-1', 'nodemend', OURS.slice(1))
    assert.deepEqual(await conditionTypes(admin, 'worker-1'), ['Ready', ...OURS.slice(1)].sort())
    await applyConditions(admin, 'worker-1', 'nodemend', [])
    assert.deepEqual(await conditionTypes(admin, 'worker-1'), ['Ready'])
  })

  await t.test('answers 404 for a node it does not know, and makes none', async () => {
    const answer = await applyConditions(admin, 'nobody', 'nodemend', OURS)
    assert.equal(answer.status, 404)
    assert.equal((await admin.send({ method: 'GET', path: '/api/v1/nodes/nobody' })).status, 404)
  })

  await t.test('shrinks the answer to metadata when asked to', async () => {
    const answer = await applyConditions(
      admin,
      'worker-1',
      'nodemend',
      OURS,
      'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
    )
    const body = answer.body as { kind: string; status?: unknown }
    assert.equal(body.kind, 'PartialObjectMetadata')
    assert.equal(body.status, undefined)
  })

  await t.test('refuses connections and comes back with its data, its certificate and its port', async () => {
    await cluster.apiServer.refuse()
    await assert.rejects(admin.get('/version'), { code: 'ECONNREFUSED' })
    await cluster.apiServer.restore()
    assert.deepEqual(await conditionTypes(admin, 'worker-1'), ['Ready', ...OURS].sort())
  })

  await t.test('ends with everything it started', async () => {
    await cluster.stop()
    assert.equal(existsSync(cluster.folder), false)
    await assert.rejects(admin.get('/version'), { code: 'ECONNREFUSED' })
  })
})

async function createNode(admin: Rest, name: string): Promise<void> {
  const body = { apiVersion: 'v1', kind: 'Node', metadata: { name } }
  const answer = await admin.send({ method: 'POST', path: '/api/v1/nodes', body })
  assert.equal(answer.status, 201)
}

function applyConditions(admin: Rest, node: string, manager: string, types: readonly string[], accept?: string) {
  const conditions = types.map((type) => ({
    type,
    status: 'True',
    reason: 'Healthy',
    message: '',
    lastHeartbeatTime: STAMP,
    lastTransitionTime: STAMP,
  }))
  return admin.send({
    ...APPLY,
    path: `/api/v1/nodes/${node}/status?fieldManager=${manager}&force=true`,
    body: { apiVersion: 'v1', kind: 'Node', metadata: { name: node }, status: { conditions } },
    ...(accept === undefined ? {} : { accept }),
  })
}

async function conditionTypes(admin: Rest, node: string): Promise<string[]> {
  const { status } = await admin.get<NodeStatus>(`/api/v1/nodes/${node}`)
  return (status.conditions ?? []).map((condition) => condition.type).sort()
}
