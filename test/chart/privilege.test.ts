/** The privilege bar: with the token of its pod, an agent writes its own node alone, and there its own conditions alone. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conditionTypes } from '../../src/model/condition.ts'
import { connectRest, type Rest } from '../cluster/rest.ts'
import { eventually } from '../cluster/wait.ts'
import { installed, namespace } from './installed.ts'

const condition = (type: string, status: string) => {
  const at = '2026-01-01T00:00:00Z'
  return { type, status, reason: 'Test', message: 'test', lastHeartbeatTime: at, lastTransitionTime: at }
}

/** The agent's own write. */
async function apply(rest: Rest, node: string, status: object): Promise<readonly [number, string]> {
  const answer = await rest.send({
    method: 'PATCH',
    path: `/api/v1/nodes/${node}/status?fieldManager=nodemend-agent&force=true`,
    body: { apiVersion: 'v1', kind: 'Node', metadata: { name: node }, status },
    contentType: 'application/apply-patch+yaml',
  })
  return [answer.status, String((answer.body as { message?: string }).message)]
}

test('an agent on node A cannot write node B, nor what is not its own on A', async (t) => {
  const given = await installed(t)
  if (!given) return
  const { cluster, create, asPod } = given
  for (const name of ['a', 'b']) {
    await create('/api/v1/nodes', {
      metadata: { name },
      status: { capacity: { cpu: '4' }, conditions: [condition('Ready', 'True')] },
    })
  }
  const { rest: agent } = await asPod('nodemend-agent', 'a')
  const ours = { conditions: conditionTypes.map((type) => condition(type, 'True')) }

  await eventually(
    'the admission policy to be in force',
    30_000,
    async () => (await apply(agent, 'b', ours))[0] === 422,
  )
  const [, why] = await apply(agent, 'b', ours)
  assert.match(why, /the agent on node a may write this node, its NodeHealth and its Events alone/)
  assert.deepEqual((await apply(agent, 'a', ours))[0], 200)
  assert.deepEqual((await apply(agent, 'a', { conditions: [condition('KernelReady', 'False')] }))[0], 200)
  assert.deepEqual((await apply(agent, 'a', { conditions: [] }))[0], 200)

  for (const [status, says] of [
    [{ conditions: [condition('Ready', 'False')] }, /its own conditions alone/],
    [{ conditions: [condition('DiskPressure', 'True')] }, /its own conditions alone/],
    [{ capacity: { cpu: '64' } }, /status\.capacity/],
    [{ addresses: [{ type: 'InternalIP', address: '10.9.9.9' }] }, /status\.addresses/],
  ] as const) {
    const [code, message] = await apply(agent, 'a', status)
    assert.equal(code, 422, JSON.stringify(status))
    assert.match(message, says)
  }
  const before = await cluster.admin.get<{ status: { conditions: readonly object[] } }>('/api/v1/nodes/a')
  assert.deepEqual(before.status.conditions, [condition('Ready', 'True')])

  const event = (name: string, node: string) => ({
    path: '/api/v1/namespaces/default/events',
    body: {
      metadata: { name, namespace: 'default' },
      involvedObject: { apiVersion: 'v1', kind: 'Node', name: node, uid: node },
      reason: 'KernelReady',
      type: 'Warning',
      source: { component: 'nodemend-agent', host: node },
    },
  })
  assert.equal((await agent.send({ method: 'POST', ...event('a.1', 'a') })).status, 201)
  assert.equal((await agent.send({ method: 'POST', ...event('b.1', 'b') })).status, 422)

  const report = { machine: { bootId: 'b' }, findings: [], monitors: [], accelerators: [], disks: [], nics: [] }
  const health = (name: string) => ({
    method: 'PATCH' as const,
    path: `/apis/nodemend.dev/v1alpha1/nodehealths/${name}?fieldManager=nodemend-agent&force=true`,
    body: { apiVersion: 'nodemend.dev/v1alpha1', kind: 'NodeHealth', metadata: { name }, report },
    contentType: 'application/apply-patch+yaml',
  })
  assert.deepEqual([(await agent.send(health('a'))).status, (await agent.send(health('a'))).status], [201, 200])
  assert.equal((await agent.send(health('b'))).status, 422)

  for (const path of ['/api/v1/nodes/a', '/api/v1/nodes/b', '/api/v1/nodes']) {
    assert.equal((await agent.send({ method: 'GET', path })).status, 403, path)
  }
  const patch = {
    method: 'PATCH',
    body: { spec: { unschedulable: true } },
    contentType: 'application/merge-patch+json',
  } as const
  assert.equal((await agent.send({ ...patch, path: '/api/v1/nodes/a' })).status, 403)

  // A token of the account that no pod holds names no node.
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/nodemend-agent/token`
  const issued = (await create(path, { spec: {} })) as unknown as { readonly status: { readonly token: string } } // a TokenRequest
  const loose = connectRest(cluster.url, cluster.caFile, issued.status.token)
  t.after(() => loose.close())
  const [code, message] = await apply(loose, 'a', ours)
  assert.equal(code, 422)
  assert.match(message, /the token names no node/)
})
