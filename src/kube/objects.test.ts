import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type KubeObject, leases, nodes, pods } from './api.ts'
import {
  applyObject,
  createObject,
  deleteObject,
  evictPod,
  getObject,
  listObjects,
  patchObject,
  replaceObject,
} from './objects.ts'
import { failure, json, over, rejected, type Script, transports } from './testing/scripted-server.ts'

/** Serves 1,234 nodes in pages; `expireAt` refuses that page once, as a token does that became too old. */
function pages(total: number, expireAt?: number): { readonly script: Script; starts: number } {
  const state = {
    starts: 0,
    script(seen, response) {
      const { searchParams } = seen.url
      const from = Number(searchParams.get('continue') ?? 0)
      if (from === 0) state.starts++
      if (from === expireAt && state.starts === 1) return json(response, 410, failure(410, 'Expired', 'token expired'))
      const to = Math.min(total, from + Number(searchParams.get('limit')))
      const items = Array.from({ length: to - from }, (_none, index) => ({
        metadata: { name: `n${from + index}` },
        status: { images: 'x'.repeat(100) },
      }))
      json(response, 200, { metadata: { resourceVersion: '77', continue: to < total ? String(to) : '' }, items })
    },
  } as { script: Script; starts: number }
  return state
}

for (const [transportName, transport] of transports) {
  describe(`over ${transportName}`, () => {
    const { pair } = over(transport)

    describe('a list', () => {
      it('is read in pages and projected page by page', async (t) => {
        const { script } = pages(1_234)
        const { api, server } = await pair(t, script)
        const { items, resourceVersion } = await listObjects(api, nodes, {
          project: (node: KubeObject) => node.metadata.name,
        })
        assert.equal(items.length, 1_234)
        assert.deepEqual([items[0], items.at(-1), new Set(items).size], ['n0', 'n1233', 1_234])
        assert.equal(resourceVersion, '77')
        assert.equal(server.requests.length, 3)
        assert.equal(server.connections().opened, 1)
      })

      it('starts again when its continue token expired, so that it is of one version', async (t) => {
        const state = pages(1_234, 1_000)
        const { api } = await pair(t, state.script)
        const { items } = await listObjects(api, nodes)
        assert.equal(items.length, 1_234)
        assert.equal(state.starts, 2)
      })

      it('gives up on a server whose tokens always expire', async (t) => {
        const { api, server } = await pair(t, (_seen, response) => json(response, 410, failure(410, 'Expired', 'x')))
        assert.equal((await rejected(listObjects(api, nodes))).code, 'NM_KUBE_EXPIRED')
        assert.equal(server.requests.length, 4)
      })

      it('passes selectors and takes null for no items', async (t) => {
        const { api, server } = await pair(t, (_seen, response) => json(response, 200, { metadata: {}, items: null }))
        const options = { namespace: 'a', labelSelector: 'app=web', fieldSelector: 'spec.nodeName=w1', limit: 50 }
        assert.deepEqual((await listObjects(api, pods, options)).items, [])
        assert.equal(
          decodeURIComponent(`${server.requests[0]?.url.pathname}${server.requests[0]?.url.search}`),
          '/api/v1/namespaces/a/pods?limit=50&labelSelector=app=web&fieldSelector=spec.nodeName=w1',
        )
      })
    })

    describe('each verb', () => {
      const ref = { namespace: 'a', name: 'x' }
      const body = { metadata: { name: 'x', namespace: 'a' } }
      const path = '/apis/coordination.k8s.io/v1/namespaces/a/leases'
      const typed = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', ...body }
      type Client = Parameters<typeof getObject>[0]
      const cases: readonly [string, (api: Client) => Promise<unknown>, string, string, object | undefined, string?][] =
        [
          ['get', (api) => getObject(api, leases, ref), 'GET', `${path}/x`, undefined],
          ['create', (api) => createObject(api, leases, body, { dryRun: true }), 'POST', `${path}?dryRun=All`, typed],
          ['replace', (api) => replaceObject(api, leases, ref, body), 'PUT', `${path}/x`, typed],
          [
            'merge patch',
            (api) => patchObject(api, leases, ref, { a: 1 }, { type: 'merge', subresource: 'status' }),
            'PATCH',
            `${path}/x/status`,
            { a: 1 },
            'application/merge-patch+json',
          ],
          [
            'JSON patch',
            (api) => patchObject(api, leases, ref, [], { type: 'json' }),
            'PATCH',
            `${path}/x`,
            [],
            'application/json-patch+json',
          ],
          [
            'strategic patch',
            (api) => patchObject(api, leases, ref, {}, { type: 'strategic', fieldManager: 'me' }),
            'PATCH',
            `${path}/x?fieldManager=me`,
            {},
            'application/strategic-merge-patch+json',
          ],
          [
            'apply',
            (api) => applyObject(api, leases, ref, { spec: {} }, { fieldManager: 'me', force: true }),
            'PATCH',
            `${path}/x?fieldManager=me&force=true`,
            { ...typed, spec: {} },
            'application/apply-patch+yaml',
          ],
          [
            'delete',
            (api) =>
              deleteObject(api, leases, ref, { uid: 'u', resourceVersion: '5', propagationPolicy: 'Foreground' }),
            'DELETE',
            `${path}/x`,
            {
              apiVersion: 'v1',
              kind: 'DeleteOptions',
              preconditions: { uid: 'u', resourceVersion: '5' },
              propagationPolicy: 'Foreground',
            },
          ],
        ]
      for (const [name, run, method, target, expected, contentType] of cases) {
        it(`${name} is sent as the API wants it`, async (t) => {
          const { api, server } = await pair(t, (_seen, response) => json(response, 200, body))
          await run(api)
          const [seen] = server.requests
          assert.equal(`${seen?.method} ${seen?.url.pathname}${seen?.url.search}`, `${method} ${target}`)
          assert.deepEqual(seen?.body ? JSON.parse(seen.body) : undefined, expected)
          assert.equal(seen?.headers['content-type'], expected ? (contentType ?? 'application/json') : undefined)
        })
      }

      it('apply asks for metadata alone when that is enough', async (t) => {
        const { api, server } = await pair(t, (_seen, response) => json(response, 200, body))
        const options = { fieldManager: 'me', subresource: 'status', metadataOnly: true, dryRun: true }
        await applyObject(api, nodes, { name: 'w1' }, { status: {} }, options)
        assert.equal(server.requests[0]?.headers.accept, 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1')
        assert.deepEqual(JSON.parse(server.requests[0]?.body ?? ''), {
          apiVersion: 'v1',
          kind: 'Node',
          metadata: { name: 'w1' },
          status: {},
        })
      })
    })

    describe('an eviction', () => {
      const pod = { namespace: 'shop', name: 'web-1', uid: 'u1' }
      const budget = (message: string): object => ({ causes: [{ reason: 'DisruptionBudget', message }] })
      const needs = 'The disruption budget web-pdb needs 2 healthy pods and has 2 currently'
      const twoBudgets =
        'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.'
      const cases: readonly [string, number, object, object, Record<string, string>?][] = [
        ['accepted', 201, { kind: 'Status', status: 'Success' }, { kind: 'evicted' }],
        ['of a pod that is gone', 404, failure(404, 'NotFound', 'pods "web-1" not found'), { kind: 'gone' }],
        [
          'of a pod that was replaced',
          409,
          failure(409, 'Conflict', 'Precondition failed: UID in precondition: u1, UID in object meta: u2'),
          { kind: 'replaced' },
        ],
        ['in conflict', 409, failure(409, 'Conflict', 'the object has been modified'), { kind: 'conflict' }],
        [
          'refused by a budget',
          429,
          failure(429, 'TooManyRequests', 'Cannot evict pod', budget(needs)),
          { kind: 'blocked', budgets: ['web-pdb'], message: needs },
        ],
        [
          'before the budget is observed',
          429,
          failure(
            429,
            'TooManyRequests',
            'x',
            budget('The disruption budget web-pdb is still being processed by the server.'),
          ),
          {
            kind: 'blocked',
            budgets: ['web-pdb'],
            message: 'The disruption budget web-pdb is still being processed by the server.',
            retryAfterMs: 10_000,
          },
          { 'retry-after': '10' },
        ],
        [
          'throttled',
          429,
          failure(429, 'TooManyRequests', 'too many requests'),
          { kind: 'throttled', retryAfterMs: 3_000, message: 'evict pods/eviction shop/web-1: 429: too many requests' },
          { 'retry-after': '3' },
        ],
        [
          'in a namespace that is being deleted',
          403,
          failure(403, 'Forbidden', 'x', { causes: [{ reason: 'NamespaceTerminating', message: 'x' }] }),
          { kind: 'namespace-terminating' },
        ],
      ]
      for (const [name, status, answer, expected, headers] of cases) {
        it(`${name} is data`, async (t) => {
          const { api } = await pair(t, (_seen, response) => json(response, status, answer, headers))
          assert.deepEqual(await evictPod(api, pod), expected)
        })
      }

      it('with two budgets, without the right, or without an answer says why', async (t) => {
        const { api, server } = await pair(t, (_seen, response) =>
          json(response, 500, failure(500, 'InternalError', twoBudgets)),
        )
        const judged = async (): Promise<string> => {
          const answer = await evictPod(api, pod)
          return `${answer.kind}: ${'message' in answer ? answer.message : ''}`
        }
        assert.match(await judged(), /^multiple-budgets: .*more than one PodDisruptionBudget/)
        server.play((_seen, response) => json(response, 403, failure(403, 'Forbidden', 'no')))
        assert.match(await judged(), /^forbidden: .*grant verb "create" on resource "pods\/eviction"/)
        server.play((_seen, response) => json(response, 500, failure(500, 'InternalError', 'etcd')))
        assert.match(await judged(), /^unavailable: evict pods\/eviction shop\/web-1: 500: etcd/)
        server.play((seen) => seen.socket.resetAndDestroy())
        assert.match(await judged(), /^unavailable: .*the connection was cut/)
      })

      it('carries the UID, the grace and the dry run', async (t) => {
        const { api, server } = await pair(t, (_seen, response) => json(response, 201, {}))
        await evictPod(api, pod, { gracePeriodSeconds: 30, dryRun: true })
        const [seen] = server.requests
        assert.equal(
          `${seen?.url.pathname}${seen?.url.search}`,
          '/api/v1/namespaces/shop/pods/web-1/eviction?dryRun=All',
        )
        assert.deepEqual(JSON.parse(seen?.body ?? ''), {
          apiVersion: 'policy/v1',
          kind: 'Eviction',
          metadata: { name: 'web-1', namespace: 'shop' },
          deleteOptions: {
            apiVersion: 'v1',
            kind: 'DeleteOptions',
            preconditions: { uid: 'u1' },
            gracePeriodSeconds: 30,
            dryRun: ['All'],
          },
        })
      })
    })
  })
}
