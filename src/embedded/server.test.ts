import assert from 'node:assert/strict'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { request as requestTls } from 'node:https'
import { type TestContext, test } from 'node:test'
import { SteppedClock, seededRandom } from '../telemetry/clock.ts'
import { deleteObject } from './delete.ts'
import { at, type JsonObject, textAt } from './json.ts'
import { builtinKind } from './kinds.ts'
import { type Embedded, type EmbeddedOptions, startEmbedded } from './server.ts'
import { createObject } from './write.ts'

const nodes = builtinKind('nodes')
const toys = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'toys.test.dev' },
  spec: {
    group: 'test.dev',
    names: { plural: 'toys', kind: 'Toy' },
    scope: 'Cluster',
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
}

async function start(t: TestContext, options: Partial<EmbeddedOptions> = {}): Promise<Embedded> {
  const server = await startEmbedded({ clock: new SteppedClock(), random: seededRandom(3), ...options })
  t.after(() => server.stop())
  return server
}

interface Reply {
  readonly status: number
  readonly body: JsonObject
}

/** One call; `opened` gets the answer as soon as its head is there, for streams. */
function open(
  server: Embedded,
  path: string,
  token = server.token,
): Promise<readonly [IncomingMessage, ClientRequest]> {
  return new Promise((resolve, reject) => {
    const call = request(`${server.url}${path}`, { agent: false, headers: { authorization: `Bearer ${token}` } })
    call.once('error', reject)
    call.once('response', (response) => resolve([response, call]))
    call.end()
  })
}

async function get(server: Embedded, path: string, token?: string): Promise<Reply> {
  const [response] = await open(server, path, token)
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) text += chunk
  return { status: response.statusCode ?? 0, body: JSON.parse(text) }
}

function post(server: Embedded, path: string, text: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${server.token}`, 'content-type': 'application/json' }
    const call = request(`${server.url}${path}`, { agent: false, method: 'POST', headers }, (response) => {
      let answer = ''
      response.setEncoding('utf8').on('data', (chunk) => {
        answer += chunk
      })
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(answer) }))
    })
    call.once('error', reject)
    call.end(text)
  })
}

/** Reads lines until `count` came or the stream ended. */
async function lines(response: IncomingMessage, count: number): Promise<readonly JsonObject[]> {
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) {
    text += chunk
    if (text.split('\n').length > count) break
  }
  return text
    .split('\n')
    .filter((line) => line !== '')
    .slice(0, count)
    .map((line) => JSON.parse(line))
}

const addNode = (server: Embedded, name: string, annotations: Record<string, string> = {}): void => {
  createObject(server.cluster, nodes, undefined, { metadata: { name, annotations } })
}

test('one port speaks both HTTP and TLS with the certificate it shows', async (t) => {
  const server = await start(t, {
    clock: {
      ...new SteppedClock(),
      now: () => Date.parse('2026-11-23T00:00:00Z'),
      monotonic: () => 0,
      after: () => () => {},
    },
  })
  assert.equal((await get(server, '/api/v1/namespaces/default')).status, 200)
  const status = await new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${server.token}` }
    const call = requestTls(`${server.secureUrl}/version`, { agent: false, ca: server.ca, headers }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode))
    })
    call.once('error', reject)
    call.end()
  })
  assert.equal(status, 200)
  assert.match(server.kubeconfig(), /server: https:\/\/127\.0\.0\.1:\d+/)
})

test('a restricted user gets 403 with the missing right', async (t) => {
  const users = [
    { token: 'admin', name: 'admin' },
    { token: 'viewer', name: 'viewer', may: (verb: string) => verb === 'get' || verb === 'list' },
  ]
  const server = await start(t, { users })
  assert.equal((await get(server, '/api/v1/nodes', 'viewer')).status, 200)
  const refused = await get(server, '/api/v1/nodes?watch=true', 'viewer')
  assert.equal(refused.status, 403)
  assert.match(String(refused.body.message), /User "viewer" cannot watch resource "nodes" in API group ""/)
  assert.equal((await get(server, '/api/v1/nodes', 'nobody')).status, 401)
})

test('bodies too large or broken are refused with a Status', async (t) => {
  const server = await start(t)
  const large = await post(server, '/api/v1/nodes', JSON.stringify({ metadata: { name: 'x'.repeat(4 * 1024 * 1024) } }))
  assert.equal(large.status, 413)
  assert.equal(large.body.reason, 'RequestEntityTooLarge')
  const broken = await post(server, '/api/v1/nodes', '{"metadata":')
  assert.equal(broken.status, 400)
  assert.equal(broken.body.kind, 'Status')
})

test('a slow reader costs a position and no memory, and gets 410 when its position left the history', async (t) => {
  const server = await start(t, { historySize: 100 })
  const [response, call] = await open(server, '/api/v1/nodes?watch=true')
  t.after(() => call.destroy())
  response.pause()
  const padding = { padding: 'x'.repeat(100_000) }
  for (let index = 0; index < 400; index++) addNode(server, `n-${index}`, padding)
  const seen = await lines(response, 1_000)
  const last = seen.at(-1)
  assert.equal(last?.type, 'ERROR', 'the stream ends with an error')
  assert.equal(at(last, 'object', 'code'), 410)
  assert.ok(seen.length < 400, `${seen.length} events were buffered`)
})

test('five hundred watches all see one change, and none is left after they go', async (t) => {
  const server = await start(t)
  const opened = await Promise.all(Array.from({ length: 500 }, () => open(server, '/api/v1/nodes?watch=true')))
  const first = Promise.all(opened.map(([response]) => lines(response, 1)))
  addNode(server, 'seen-by-all')
  for (const [event] of await first) assert.equal(event?.type, 'ADDED')
  for (const [, call] of opened) call.destroy()
})

test('bookmarks come every minute and at the end of a watch', async (t) => {
  const clock = new SteppedClock()
  const server = await start(t, { clock })
  addNode(server, 'a')
  const path = `/api/v1/nodes?watch=true&allowWatchBookmarks=true&timeoutSeconds=150&resourceVersion=${server.store.revision}`
  const [response] = await open(server, path)
  const all = lines(response, 100)
  await clock.advance(60_000)
  addNode(server, 'b')
  await clock.advance(90_000)
  const types = (await all).map((event) => event.type)
  assert.deepEqual(types, ['BOOKMARK', 'ADDED', 'BOOKMARK', 'BOOKMARK'])
})

test('a watch tells of the last objects of a deleted kind, then ends', async (t) => {
  const server = await start(t, { crds: [toys] })
  const kind = server.cluster.kinds.ofKind('test.dev', 'Toy')
  assert.ok(kind)
  createObject(server.cluster, kind, undefined, { apiVersion: 'test.dev/v1', kind: 'Toy', metadata: { name: 'a' } })
  const path = '/apis/test.dev/v1/toys?watch=true'
  const [response] = await open(server, `${path}&resourceVersion=${server.store.revision}`)
  const all = lines(response, 100)
  const definition = { kind: builtinKind('customresourcedefinitions'), namespace: undefined, subresource: '' }
  deleteObject(server.cluster, { ...definition, name: 'toys.test.dev' })
  assert.deepEqual(
    (await all).map((event) => event.type),
    ['DELETED'],
  )
  const [refused] = await open(server, path)
  assert.equal(refused.resume().statusCode, 404)
})

test('a restart keeps the state, so that a watch goes on where it was', async (t) => {
  const clock = new SteppedClock()
  const first = await startEmbedded({ clock, random: seededRandom(3) })
  addNode(first, 'before')
  const revision = first.store.revision
  const [response] = await open(first, `/api/v1/nodes?watch=true&resourceVersion=${revision}`)
  const ended = lines(response, 1).catch((error: Error) => error)
  await first.stop()
  await ended
  addNode(first, 'while-away')
  const port = Number(new URL(first.url).port)
  const second = await startEmbedded({ clock, random: seededRandom(4), cluster: first.cluster, port })
  t.after(() => second.stop())
  const [resumed] = await open(second, `/api/v1/nodes?watch=true&resourceVersion=${revision}`)
  const [event] = await lines(resumed, 1)
  assert.equal(at(event, 'object', 'metadata', 'name'), 'while-away')
})

test('history that is gone answers 410: watches, exact lists, continued lists', async (t) => {
  const server = await start(t)
  for (const name of ['a', 'b', 'c']) addNode(server, name)
  const old = server.store.revision
  const page = await get(server, '/api/v1/nodes?limit=1')
  const token = textAt(page.body, 'metadata', 'continue')
  addNode(server, 'd')
  addNode(server, 'e')
  server.store.compact()
  const watch = await open(server, `/api/v1/nodes?watch=true&resourceVersion=${old}`)
  const [event] = await lines(watch[0], 1)
  assert.equal(event?.type, 'ERROR')
  assert.match(textAt(event, 'object', 'message'), /too old resource version/)
  const exact = await get(server, `/api/v1/nodes?resourceVersion=${old}&resourceVersionMatch=Exact`)
  assert.deepEqual([exact.status, exact.body.reason], [410, 'Expired'])
  const continued = await get(server, `/api/v1/nodes?limit=1&continue=${token}`)
  assert.equal(continued.status, 410)
  const resumed = textAt(continued.body, 'metadata', 'continue')
  assert.equal((await get(server, `/api/v1/nodes?limit=1&continue=${resumed}`)).status, 200)
})

test('a version from the future is a timeout that names itself', async (t) => {
  const server = await start(t)
  const answer = await get(server, '/api/v1/nodes?resourceVersion=999999')
  assert.equal(answer.status, 504)
  assert.match(String(answer.body.message), /Too large resource version: 999999/)
})
