import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { leases, nodes, pods } from './api.ts'
import { failure, json, over, rejected, type Script, transports, until } from './testing/scripted-server.ts'

const node = { metadata: { name: 'worker-1' } }

for (const [transportName, transport] of transports) {
  describe(`over ${transportName}`, () => {
    const { connect, pair } = over(transport)

    describe('a call', () => {
      it('has path, query, headers and body as the API wants them', async (t) => {
        const { server, api } = await pair(t, (_seen, response) => json(response, 200, node), {
          config: { token: () => 'secret' },
        })
        const answer = await api.request({
          verb: 'apply',
          resource: nodes,
          name: 'worker-1',
          subresource: 'status',
          query: { fieldManager: 'a b', force: true, dryRun: undefined },
          body: { a: 'ü' },
          contentType: 'application/apply-patch+yaml',
        })
        assert.deepEqual(answer, node)
        const [seen] = server.requests
        assert.equal(seen?.method, 'PATCH')
        assert.equal(
          `${seen?.url.pathname}${seen?.url.search}`,
          '/api/v1/nodes/worker-1/status?fieldManager=a%20b&force=true',
        )
        assert.equal(seen?.body, '{"a":"ü"}')
        assert.equal(seen?.headers['content-type'], 'application/apply-patch+yaml')
        assert.equal(seen?.headers.authorization, 'Bearer secret')
        assert.equal(seen?.headers['user-agent'], 'nodemend/test')
      })

      it('keeps the path of a server behind a proxy, and namespaces and groups', async (t) => {
        const { server, api } = await pair(t, (_seen, response) => json(response, 200, {}))
        const behind = connect(t, { server: `${server.url}/k8s/clusters/c-1/` }).api
        await behind.request({ verb: 'get', resource: leases, namespace: 'kube-system', name: 'x' })
        await api.request({ verb: 'list', resource: pods })
        assert.deepEqual(
          server.requests.map((seen) => seen.url.pathname),
          ['/k8s/clusters/c-1/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/x', '/api/v1/pods'],
        )
      })

      it('goes over one socket when calls follow each other', async (t) => {
        const { server, api } = await pair(t, (_seen, response) => json(response, 200, node))
        for (let call = 0; call < 50; call++) await api.request({ verb: 'get', resource: nodes, name: 'worker-1' })
        assert.equal(server.requests.length, 50)
        assert.equal(server.connections().opened, 1)
      })

      it('waits for a socket when all are busy: back-pressure', async (t) => {
        const waiting: (() => void)[] = []
        const { server, api } = await pair(t, (_seen, response) => waiting.push(() => json(response, 200, node)), {
          maxConnections: 3,
        })
        const calls = Array.from({ length: 40 }, () => api.request({ verb: 'get', resource: nodes, name: 'worker-1' }))
        await until(() => waiting.length === 3, 'three calls are at the server')
        while (server.requests.length < 40) {
          for (const answer of waiting.splice(0)) answer()
          await until(() => waiting.length > 0, 'the next calls are at the server')
          assert.ok(waiting.length <= 3)
        }
        for (const answer of waiting.splice(0)) answer()
        await Promise.all(calls)
        assert.equal(server.connections().opened, 3)
      })

      it('is repeated over a new socket when the kept one was closed under it, unless it might then count twice', async (t) => {
        const script: Script = (_seen, response) => json(response, 200, node)
        const { server, api } = await pair(t, script)
        await api.request({ verb: 'get', resource: nodes, name: 'worker-1' })
        const dropReused: Script = (seen, response) => {
          if (server.connections().opened === 1) seen.socket.resetAndDestroy()
          else script(seen, response)
        }
        server.play(dropReused)
        await api.request({ verb: 'apply', resource: nodes, name: 'worker-1', body: {} })
        assert.equal(server.connections().opened, 2)
        server.play((seen) => seen.socket.resetAndDestroy())
        const error = await rejected(api.request({ verb: 'create', resource: nodes, body: node }))
        assert.equal(error.code, 'NM_KUBE_NETWORK')
        assert.equal(server.requests.length, 4)
      })

      it('is cut at its deadline, and when its caller aborts it', async (t) => {
        const { server, api, clock } = await pair(t, () => undefined)
        const late = rejected(api.request({ verb: 'get', resource: nodes, name: 'worker-1', timeoutMs: 5_000 }))
        await until(() => server.requests.length === 1, 'the call is at the server')
        await clock.advance(5_000)
        assert.equal((await late).code, 'NM_KUBE_TIMEOUT')
        assert.match((await late).message, /get nodes worker-1: no data for 5 s/)
        const giveUp = new AbortController()
        const aborted = rejected(api.request({ verb: 'get', resource: nodes, name: 'worker-1', signal: giveUp.signal }))
        await until(() => server.requests.length === 2, 'the second call is at the server')
        giveUp.abort()
        assert.equal((await aborted).code, 'NM_KUBE_CLOSED')
        assert.equal(clock.waiting, 0)
        await until(() => server.connections().open === 0, 'the sockets of both are gone')
      })

      it('is cut in the middle of a body that stalls', async (t) => {
        const { server, api, clock } = await pair(t, (_seen, response) => {
          response.writeHead(200, { 'content-length': '1000' })
          response.write('{"metadata":')
        })
        const stalled = rejected(api.request({ verb: 'get', resource: nodes, name: 'worker-1', timeoutMs: 5_000 }))
        await until(() => server.requests.length === 1, 'the call is at the server')
        await clock.advance(5_000)
        assert.equal((await stalled).code, 'NM_KUBE_TIMEOUT')
      })

      it('is refused after close, which also closes idle sockets', async (t) => {
        const { server, api } = await pair(t, (_seen, response) => json(response, 200, node))
        await api.request({ verb: 'get', resource: nodes, name: 'worker-1' })
        assert.equal(server.connections().open, 1)
        api.close()
        await until(() => server.connections().open === 0, 'the idle socket is closed')
        assert.equal((await rejected(api.request({ verb: 'get', resource: nodes }))).code, 'NM_KUBE_CLOSED')
      })
    })

    describe('an answer that is not 2xx', () => {
      const cases: readonly [number, object | string, string, RegExp][] = [
        [400, failure(400, 'BadRequest', 'no'), 'NM_KUBE_INVALID', /^apply nodes\/status worker-1: 400: no$/],
        [401, failure(401, 'Unauthorized', 'Unauthorized'), 'NM_KUBE_UNAUTHORIZED', /token or client certificate/],
        [
          403,
          failure(403, 'Forbidden', 'no'),
          'NM_KUBE_FORBIDDEN',
          /grant verb "patch" on resource "nodes\/status" \(apiGroup ""\)/,
        ],
        [404, failure(404, 'NotFound', 'nodes "worker-1" not found'), 'NM_KUBE_NOT_FOUND', /worker-1" not found$/],
        [409, failure(409, 'Conflict', 'x'), 'NM_KUBE_CONFLICT', /409: x/],
        [409, failure(409, 'AlreadyExists', 'x'), 'NM_KUBE_EXISTS', /409: x/],
        [410, failure(410, 'Expired', 'too old'), 'NM_KUBE_EXPIRED', /list again/],
        [422, failure(422, 'Invalid', 'x'), 'NM_KUBE_INVALID', /422: x/],
        [500, failure(500, 'InternalError', 'x'), 'NM_KUBE_UNAVAILABLE', /500: x/],
        [502, '<html>Bad gateway</html>', 'NM_KUBE_UNAVAILABLE', /<html>Bad gateway/],
        [504, failure(504, 'Timeout', 'x'), 'NM_KUBE_TIMEOUT', /504: x/],
        [302, '', 'NM_KUBE_ANSWER', /check the server address/],
      ]
      for (const [status, body, code, message] of cases) {
        it(`${status} ${typeof body === 'string' ? 'of a proxy' : ''} is ${code}`, async (t) => {
          const { api } = await pair(t, (_seen, response) => {
            response.writeHead(status)
            response.end(typeof body === 'string' ? body : JSON.stringify(body))
          })
          const call = { verb: 'apply', resource: nodes, name: 'worker-1', subresource: 'status', body: {} } as const
          const error = await rejected(api.request(call))
          assert.equal(error.code, code)
          assert.match(error.message, message)
          assert.equal(error.detail.status, status)
        })
      }

      it('429 carries Retry-After, and the causes that tell a budget from a busy server', async (t) => {
        const causes = [{ reason: 'DisruptionBudget', message: 'The disruption budget web needs 2' }]
        const { api } = await pair(t, (_seen, response) =>
          json(response, 429, failure(429, 'TooManyRequests', 'x', { causes }), { 'retry-after': '10' }),
        )
        const error = await rejected(api.request({ verb: 'get', resource: nodes, name: 'worker-1' }))
        assert.equal(error.code, 'NM_KUBE_THROTTLED')
        assert.equal(error.detail.retryAfterMs, 10_000)
        assert.deepEqual(error.detail.causes, causes)
      })

      it('200 that is no JSON is quoted', async (t) => {
        const { api } = await pair(t, (_seen, response) => response.end('<html>login</html>'))
        const error = await rejected(api.request({ verb: 'get', resource: nodes, name: 'worker-1' }))
        assert.equal(error.code, 'NM_KUBE_ANSWER')
        assert.match(error.message, /<html>login/)
      })
    })

    describe('credentials', () => {
      it('are asked for before each call, so a rotated token takes effect at once', async (t) => {
        let token = 'one'
        const { server, api } = await pair(t, (_seen, response) => json(response, 200, node), {
          config: { token: async () => token },
        })
        await api.request({ verb: 'get', resource: nodes, name: 'worker-1' })
        token = 'two'
        await api.request({ verb: 'get', resource: nodes, name: 'worker-1' })
        assert.deepEqual(
          server.requests.map((seen) => seen.headers.authorization),
          ['Bearer one', 'Bearer two'],
        )
      })

      it('are refreshed once after a 401', async (t) => {
        let token = 'stale'
        let refreshed = 0
        const refresh = (): void => {
          refreshed++
          token = 'fresh'
        }
        const { api, server } = await pair(
          t,
          (seen, response) =>
            seen.headers.authorization === 'Bearer fresh'
              ? json(response, 200, node)
              : json(response, 401, failure(401, 'Unauthorized', 'Unauthorized')),
          { config: { token: () => token, refresh } },
        )
        assert.deepEqual(await api.request({ verb: 'get', resource: nodes, name: 'worker-1' }), node)
        server.play((_seen, response) => json(response, 401, failure(401, 'Unauthorized', 'Unauthorized')))
        const error = await rejected(api.request({ verb: 'get', resource: nodes, name: 'worker-1' }))
        assert.equal(error.code, 'NM_KUBE_UNAUTHORIZED')
        assert.equal(refreshed, 2)
        assert.equal(server.requests.length, 4)
      })
    })

    describe('a server that is not there', () => {
      it('is named with the remedy', async (t) => {
        const { server } = await pair(t, () => undefined)
        await server.close()
        const { api } = connect(t, { server: server.url })
        const error = await rejected(api.request({ verb: 'list', resource: pods, namespace: 'a' }))
        assert.equal(error.code, 'NM_KUBE_NETWORK')
        assert.match(
          error.message,
          /^list pods in a: no answer from http:\/\/127\.0\.0\.1:\d+: .*nothing listens there/,
        )
      })

      it('must be an address', (t) => {
        assert.throws(() => connect(t, { server: 'worker-1:6443' }), /"worker-1:6443" is not an API server's address/)
      })
    })
  })
}
