/** What only the lean transport does; what every transport does is tested in `connect.test.ts` and its neighbours. */
import assert from 'node:assert/strict'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { createServer as createTlsServer } from 'node:tls'
import { SteppedClock } from '../../telemetry/clock.ts'
import type { Api, Call } from '../api.ts'
import { nodes } from '../api.ts'
import type { ConnectionConfig } from '../connection.ts'
import { collect, json, over, pair, rejected, until } from '../testing/scripted-server.ts'
import { authority, otherAuthority, serverCert, serverKey } from '../testing/tls-fixture.ts'
import type { Sent } from '../transport.ts'
import { leanTransport } from './transport.ts'

const get: Call = { verb: 'get', resource: nodes, name: 'worker-1' }
const lean = over(leanTransport)

/** A server that writes bytes as a test says, whenever a request's head has come. */
async function raw(t: TestContext, play: (socket: Socket, request: string) => void) {
  const sockets = new Set<Socket>()
  let opened = 0
  const server = createServer((socket) => {
    opened++
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined) // the tests cut connections on purpose
    socket.on('data', (bytes) => play(socket, bytes.toString()))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const { port } = server.address() as AddressInfo // listening on TCP: an AddressInfo
  return { url: `http://127.0.0.1:${port}`, sockets, opened: () => opened }
}

async function rawPair(t: TestContext, play: (socket: Socket, request: string) => void, maxConnections = 2) {
  const server = await raw(t, play)
  return { server, ...lean.connect(t, { server: server.url }, { maxConnections }) }
}

function sent(call: Call, config: Pick<ConnectionConfig, 'headers'> = {}): Sent {
  return { call, headers: config.headers ?? {}, tls: {}, timeoutMs: 30_000 }
}

describe('an answer over a bare socket', () => {
  const answers: readonly [string, string, unknown, number][] = [
    [
      'behind interim ones',
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{"a":1}',
      { a: 1 },
      1,
    ],
    [
      'in chunks',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{"a\r\n4;x\r\n":1}\r\n0\r\n\r\n',
      { a: 1 },
      1,
    ],
    ['without a body', 'HTTP/1.1 204 No Content\r\n\r\n', undefined, 1],
    ['that closes', 'HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\n{"a":1}', { a: 1 }, 2],
    ['of HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 7\r\n\r\n{"a":1}', { a: 1 }, 2],
    ['with more behind it', 'HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{"a":1}HTTP/1.1 200 OK\r\n', { a: 1 }, 2],
  ]
  for (const [name, text, expected, opened] of answers) {
    it(`${name} is read, and the connection ${opened === 1 ? 'kept' : 'not used again'}`, async (t) => {
      const { api, server } = await rawPair(t, (socket) => socket.write(text))
      assert.deepEqual(await api.request(get), expected)
      assert.deepEqual(await api.request(get), expected)
      assert.equal(server.opened(), opened)
    })
  }

  it('may end with its connection', async (t) => {
    const { api, server } = await rawPair(t, (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n{"a":1}'))
    assert.deepEqual(await api.request(get), { a: 1 })
    await until(() => server.sockets.size === 0, 'the connection is closed')
  })

  it('that is none names the call and says what to look at', async (t) => {
    const { api, server } = await rawPair(t, (socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n'))
    const error = await rejected(api.request(get))
    assert.equal(error.code, 'NM_KUBE_ANSWER')
    assert.match(error.message, /^get nodes worker-1: what came is not an HTTP answer: .*"SSH-2\.0.*check the server/)
    await until(() => server.sockets.size === 0, 'the connection is closed')
  })

  it('that is cut in its middle is a network error, not repeated', async (t) => {
    const { api, server } = await rawPair(t, (socket) =>
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 70\r\n\r\n{"a":1}'),
    )
    const error = await rejected(api.request(get))
    assert.equal(error.code, 'NM_KUBE_NETWORK')
    assert.match(error.message, /the connection was cut/)
    assert.equal(server.opened(), 1)
  })
})

describe('a kept connection', () => {
  const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}'

  it('over which something comes unasked is dropped', async (t) => {
    const { api, server } = await rawPair(t, (socket) => socket.write(ok))
    await api.request(get)
    for (const socket of server.sockets) socket.write('HTTP/1.1 408 Request Timeout\r\n\r\n')
    await until(() => server.sockets.size === 0, 'the connection is closed')
    await api.request(get)
    assert.equal(server.opened(), 2)
  })

  it('is closed when it had no work for its time', async (t) => {
    const { url, sockets } = await raw(t, (socket) => socket.write(ok))
    const transport = leanTransport(new URL(url), 2, new SteppedClock(), 10)
    await transport.request(sent(get))
    assert.equal(sockets.size, 1)
    await until(() => sockets.size === 0, 'the connection is closed')
  })
})

describe('calls that wait for a connection', () => {
  it('are given up without one, and leave no hole in the line', async (t) => {
    const answers: (() => void)[] = []
    const { api, clock, server } = await lean.pair(
      t,
      (_seen, response) => answers.push(() => json(response, 200, {})),
      {
        maxConnections: 1,
      },
    )
    const first = api.request(get)
    const giveUp = new AbortController()
    const aborted = rejected(api.request({ ...get, signal: giveUp.signal }))
    const late = rejected(api.request({ ...get, timeoutMs: 5_000 }))
    const last = api.request({ ...get, timeoutMs: 60_000 })
    await until(() => answers.length === 1, 'the first call is at the server')
    giveUp.abort()
    assert.equal((await aborted).code, 'NM_KUBE_CLOSED')
    await clock.advance(5_000)
    assert.equal((await late).code, 'NM_KUBE_TIMEOUT')
    answers.shift()?.()
    await until(() => answers.length === 1, 'the last call is at the server')
    answers.shift()?.()
    await Promise.all([first, last])
    assert.equal(server.requests.length, 2)
    assert.equal(server.connections().opened, 1)
    assert.equal(clock.waiting, 0)
  })

  it('take the place of one that broke', async (t) => {
    const { api, server } = await lean.pair(
      t,
      (seen, response) => (server.requests.length === 1 ? seen.socket.resetAndDestroy() : json(response, 200, {})),
      { maxConnections: 1 },
    )
    const outcomes = await Promise.allSettled([api.request(get), api.request(get), api.request(get)])
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['rejected', 'fulfilled', 'fulfilled'],
    )
    assert.equal(server.connections().opened, 2)
  })

  it('that were given up before they began are not sent', async (t) => {
    const { api, clock, server } = await lean.pair(t, (_seen, response) => json(response, 200, {}))
    assert.equal((await rejected(api.request({ ...get, signal: AbortSignal.abort() }))).code, 'NM_KUBE_CLOSED')
    assert.equal(server.requests.length, 0)
    assert.equal(clock.waiting, 0)
  })
})

describe('a request over a bare socket', () => {
  it('cannot be split by what is in a header', async (t) => {
    for (const headers of [{ a: 'x\r\nb: y' }, { 'a\r\nb': 'y' }, { a: 'x\0' }, { a: '→' }]) {
      const { api, server } = await lean.pair(t, (_seen, response) => json(response, 200, {}), { config: { headers } })
      const error = await rejected(api.request(get))
      assert.equal(error.code, 'NM_KUBE_CONFIG')
      assert.match(error.message, /^get nodes worker-1: the header "a.*" has a character/)
      assert.doesNotMatch(error.message, /y|→/)
      assert.equal(server.requests.length, 0)
    }
  })

  it('looks the same to the server as one of Node’s client', async (t) => {
    const call: Call = { verb: 'apply', resource: nodes, name: 'ü', body: { a: '€' }, query: { force: true } }
    const seen: unknown[] = []
    for (const connect of [pair, lean.pair]) {
      const { api, server } = await connect(t, (_seen, response) => json(response, 200, {}), {
        config: { headers: { 'Impersonate-User': 'someone' }, token: 'secret' },
      })
      await api.request(call)
      await api.request({ verb: 'delete', resource: nodes, name: 'a b' })
      for (const { method, url, headers, body } of server.requests) {
        const { host, connection, ...rest } = headers
        assert.equal(host, new URL(server.url).host)
        assert.notEqual(connection, 'close')
        seen.push({ method, target: `${url.pathname}${url.search}`, body, headers: { 'content-length': '0', ...rest } })
      }
    }
    assert.deepEqual(seen.slice(2), seen.slice(0, 2))
  })

  it('that would stream says that it cannot', async (t) => {
    const { api } = await lean.pair(t, (_seen, response) => json(response, 200, {}))
    const error = await rejected(collect(api.stream({ verb: 'watch', resource: nodes })))
    assert.equal(error.code, 'NM_KUBE_HANDLER')
    assert.match(error.message, /^watch nodes: this connection does not stream/)
  })
})

describe('TLS over a bare socket', () => {
  /** Remembers of each connection the name that was asked for (SNI) and whether it resumed a session; closes after each answer. */
  async function tlsServer(t: TestContext) {
    const names: (string | undefined)[] = []
    const resumed: boolean[] = []
    const requests: string[] = []
    const server = createTlsServer({ cert: serverCert, key: serverKey }, (socket) => {
      names.push(socket.servername || undefined)
      resumed.push(socket.isSessionReused())
      socket.on('error', () => undefined) // clients that trust us not
      socket.on('data', (bytes) => {
        requests.push(bytes.toString())
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}')
      })
    })
    server.on('tlsClientError', () => undefined)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.after(() => server.close())
    return { port: (server.address() as AddressInfo).port, names, resumed, requests } // listening on TCP: an AddressInfo
  }

  it('names the server only where it has a name', async (t) => {
    const { port, names } = await tlsServer(t)
    const configs: ConnectionConfig[] = [
      { server: `https://127.0.0.1:${port}`, ca: authority },
      { server: `https://127.0.0.1:${port}`, ca: authority, serverName: 'localhost' },
      { server: `https://localhost:${port}`, ca: authority, serverName: '127.0.0.1' },
    ]
    for (const config of configs) assert.deepEqual(await lean.connect(t, config).api.request(get), {})
    assert.deepEqual(names, [undefined, 'localhost', undefined])
  })

  it('resumes its session, and begins a new one with new material', async (t) => {
    const { port, resumed } = await tlsServer(t)
    let ca = authority
    const { api } = lean.connect(t, { server: `https://127.0.0.1:${port}`, ca: () => ca })
    await api.request(get)
    await api.request(get)
    ca = `${authority}${otherAuthority}`
    await api.request(get)
    assert.deepEqual(resumed, [false, true, false])
  })

  it('sends nothing to a server that it does not trust', async (t) => {
    const { port, requests } = await tlsServer(t)
    const { api } = lean.connect(t, { server: `https://127.0.0.1:${port}`, token: 'secret' })
    assert.equal((await rejected(api.request(get))).code, 'NM_KUBE_TLS')
    assert.deepEqual(requests, [])
  })

  it('rejects with an invalid certificate, and goes on with a valid one', async (t) => {
    const { port } = await tlsServer(t)
    let own = { cert: 'no certificate', key: serverKey }
    const { api, clock } = lean.connect(t, {
      server: `https://127.0.0.1:${port}`,
      ca: authority,
      clientCert: async () => own,
    })
    assert.equal((await rejected(api.request(get))).code, 'NM_KUBE_TLS')
    assert.equal(clock.waiting, 0)
    own = { cert: serverCert, key: serverKey }
    assert.deepEqual(await answers(api), [{}, {}])
  })

  const answers = (api: Api): Promise<unknown[]> => Promise.all([api.request(get), api.request(get)])
})
