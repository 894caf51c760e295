import assert from 'node:assert/strict'
import { get } from 'node:http'
import { connect, type Socket } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import fc from 'fast-check'
import { SteppedClock, systemClock } from './clock.ts'
import { maxClients, type ServeOptions, type Serving, serve } from './serve.ts'

/** A server of pages on loopback; closed when the test ends. */
async function served(t: TestContext, own: Partial<ServeOptions> = {}): Promise<Serving & { clock: SteppedClock }> {
  const clock = new SteppedClock()
  const serving = await serve({
    address: '127.0.0.1:0',
    metrics: (format) => `# ${format}\n`,
    healthz: () => ({ ok: true, text: 'ok' }),
    readyz: () => ({ ok: false, text: 'not yet: ü' }),
    clock,
    ...own,
  })
  t.after(() => serving.close())
  return { ...serving, clock }
}

interface Client {
  readonly socket: Socket
  /** What has come. */
  text(): string
  ended(): boolean
}

/** A client that writes bytes as the test says. */
function client(t: TestContext, port: number, bytes: string | Buffer = ''): Client {
  let text = ''
  let ended = false
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  socket.setNoDelay(true)
  socket.on('data', (chunk) => {
    text += chunk.toString()
  })
  socket.on('error', () => undefined) // the server may cut us
  socket.on('end', () => {
    ended = true
  })
  socket.on('close', () => {
    ended = true
  })
  t.after(() => socket.destroy())
  if (bytes.length > 0) socket.write(bytes)
  return { socket, text: () => text, ended: () => ended }
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const end = systemClock.monotonic() + 10_000
  while (!condition()) {
    if (systemClock.monotonic() > end) throw new Error(`waited in vain until ${what}`)
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
}

/** Everything that `bytes` are answered with, until the server ends the connection. */
async function answerTo(t: TestContext, port: number, bytes: string): Promise<string> {
  const { text, ended } = client(t, port, bytes)
  await until(ended, `the server has ended after ${JSON.stringify(text())}`)
  return text()
}

function request(path: string, headers = '', method = 'GET'): string {
  return `${method} ${path} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`
}

function page(
  status: string,
  body: string,
  connection: 'close' | 'keep-alive',
  type = 'text/plain; charset=utf-8',
): string {
  const allow = status.startsWith('405') ? 'Allow: GET, HEAD\r\n' : ''
  const head = `HTTP/1.1 ${status}\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`
  return `${head}Connection: ${connection}\r\n${allow}\r\n${body}`
}

const close = 'Connection: close\r\n'
const healthy = page('200 OK', 'ok\n', 'keep-alive')
const unready = page('503 Service Unavailable', 'not yet: ü\n', 'close')

describe('a page', () => {
  const openMetrics = 'application/openmetrics-text; version=1.0.0; charset=utf-8'
  const answers: readonly [string, string, string][] = [
    ['health', request('/healthz', close), page('200 OK', 'ok\n', 'close')],
    ['health by its other name', request('/livez?verbose', close), page('200 OK', 'ok\n', 'close')],
    ['readiness', request('/readyz', close), unready],
    [
      'metrics',
      request('/metrics', close),
      page('200 OK', '# text\n', 'close', 'text/plain; version=0.0.4; charset=utf-8'),
    ],
    [
      'metrics for OpenMetrics',
      request('/metrics', `${close}Accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5\r\n`),
      page('200 OK', '# openmetrics\n', 'close', openMetrics),
    ],
    ['nowhere', request('/', close), page('404 Not Found', 'try /metrics, /healthz or /readyz\n', 'close')],
    ['a HEAD', request('/healthz', close, 'HEAD'), page('200 OK', 'ok\n', 'close').slice(0, -3)],
    ['HTTP/1.0', 'GET /healthz HTTP/1.0\r\n\r\n', page('200 OK', 'ok\n', 'close')],
    [
      'a POST',
      `${request('/metrics', 'Content-Length: 3\r\n', 'POST')}abc`,
      page('405 Method Not Allowed', 'only GET and HEAD\n', 'close'),
    ],
    ['a GET with a body', `${request('/healthz', 'Content-Length: 3\r\n')}abc`, page('200 OK', 'ok\n', 'close')],
    ['no HTTP', '\x16\x03\x01\x02\x00', page('400 Bad Request', 'this is no HTTP request\n', 'close')],
    ['no host', 'GET / HTTP/1.1\r\n\r\n', page('400 Bad Request', 'a request names its host once\n', 'close')],
    [
      'too long a head',
      `GET / HTTP/1.1\r\nA: ${'x'.repeat(100_000)}`,
      page('431 Request Header Fields Too Large', 'a request has at most 8192 bytes\n', 'close'),
    ],
  ]
  for (const [name, bytes, expected] of answers) {
    it(`for ${name}`, async (t) => {
      const { port } = await served(t)
      assert.equal(await answerTo(t, port, bytes), expected)
    })
  }

  it('for requests that follow each other at once comes in order, the large one too', async (t) => {
    const metrics = 'x'.repeat(3_000_000) // more than socket buffers hold
    const { port } = await served(t, { metrics: () => metrics })
    const text = await answerTo(t, port, request('/healthz') + request('/metrics') + request('/readyz', close))
    const large = page('200 OK', metrics, 'keep-alive', 'text/plain; version=0.0.4; charset=utf-8')
    assert.ok(text === healthy + large + unready)
  })

  it('is the same however the request is cut, and comes to a client that ended its side', async (t) => {
    const { port } = await served(t)
    const bytes = request('/readyz', close)
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 6 }), async (cuts) => {
        const one = client(t, port)
        const edges = [0, ...cuts.sort((a, b) => a - b), bytes.length]
        for (let at = 1; at < edges.length; at++) {
          await new Promise<void>((resolve) =>
            one.socket.write(bytes.slice(edges[at - 1], edges[at]) || '', () => resolve()),
          )
        }
        await until(one.ended, 'the answer is whole')
        assert.equal(one.text(), unready)
      }),
      { numRuns: 30 },
    )
    const halfOpen = client(t, port)
    halfOpen.socket.end(request('/healthz'))
    await until(halfOpen.ended, 'the server has ended')
    assert.equal(halfOpen.text(), healthy)
  })

  it('comes to Node’s own client', async (t) => {
    const { port } = await served(t)
    const status = await new Promise<number | undefined>((resolve, reject) => {
      get({ port, host: '127.0.0.1', path: '/readyz' }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode))
      }).once('error', reject)
    })
    assert.equal(status, 503)
  })
})

describe('a client', () => {
  it('that sends its request too slowly gets 408 after 5 s, however often it sends a byte', async (t) => {
    const { port, clock } = await served(t)
    const slow = client(t, port, 'GET /healthz HTTP/1.1\r\n')
    await until(() => clock.waiting === 1, 'the server waits')
    for (let passed = 0; passed < 4_500; passed += 500) {
      await clock.advance(500)
      slow.socket.write('A: b\r\n')
    }
    assert.equal(slow.ended(), false)
    await clock.advance(500)
    await until(slow.ended, 'the server has ended')
    assert.equal(slow.text(), page('408 Request Timeout', 'the request did not come whole\n', 'close'))
    slow.socket.end()
    await until(() => clock.waiting === 0, 'the server has dropped it')
  })

  it('that says nothing is closed after 5 s, at first and after an answer', async (t) => {
    const { port, clock } = await served(t)
    const silent = client(t, port)
    await until(() => clock.waiting === 1, 'the server waits')
    await clock.advance(5_000)
    await until(silent.ended, 'the server has ended')
    assert.equal(silent.text(), '')
    const kept = client(t, port, request('/healthz'))
    await until(() => kept.text() === healthy, 'the answer has come')
    await clock.advance(4_999)
    kept.socket.write(request('/healthz'))
    await until(() => kept.text() === healthy + healthy, 'the second answer has come')
    await clock.advance(4_999)
    assert.equal(kept.ended(), false)
    await clock.advance(1)
    await until(kept.ended, 'the server has ended')
    assert.equal(clock.waiting, 0)
  })

  it('that takes no answer is cut, and what it asks for next does not pile up', async (t) => {
    let rendered = 0
    const large = 'x'.repeat(20_000_000)
    const { port, clock } = await served(t, {
      metrics: () => {
        rendered++
        return large
      },
    })
    const deaf = client(t, port, request('/metrics').repeat(100))
    deaf.socket.pause()
    await until(() => rendered === 1, 'the first answer is on its way')
    await clock.advance(29_999)
    assert.equal(clock.waiting, 1)
    await clock.advance(1)
    await until(() => clock.waiting === 0, 'the server has cut it')
    assert.equal(rendered, 1)
  })

  it('that takes the last answer but does not close is cut after another second', async (t) => {
    const { port, clock } = await served(t)
    const open = client(t, port, request('/healthz', close))
    await until(open.ended, 'the server has ended its side')
    assert.equal(clock.waiting, 1)
    await clock.advance(1_000)
    await until(() => clock.waiting === 0, 'the server has cut it')
  })

  it('that resets at any place harms nobody', async (t) => {
    const { port, clock } = await served(t, { metrics: () => 'x'.repeat(1_000_000) })
    for (const bytes of ['', 'GET', request('/metrics'), request('/metrics').repeat(3), request('/x', '', 'POST')]) {
      const rude = client(t, port)
      await new Promise<void>((resolve) => rude.socket.write(bytes, () => resolve()))
      rude.socket.resetAndDestroy()
    }
    assert.equal(await answerTo(t, port, request('/readyz', close)), unready)
    await until(() => clock.waiting <= 1, 'the server has dropped them')
  })

  it('beyond the 64th is closed at once, until one of them leaves', async (t) => {
    assert.equal(maxClients, 64)
    const { port, clock } = await served(t)
    const kept = Array.from({ length: 64 }, () => client(t, port))
    await until(() => clock.waiting === 64, 'the server knows them all')
    const refused = client(t, port, request('/healthz'))
    await until(refused.ended, 'the server has closed it')
    assert.equal(refused.text(), '')
    kept[0]?.socket.destroy()
    await until(() => clock.waiting === 63, 'one has left')
    assert.equal(await answerTo(t, port, request('/readyz', close)), unready)
  })

  it('is cut when the server closes, which waits for nobody', async (t) => {
    const serving = await served(t)
    const idle = client(t, serving.port, request('/healthz'))
    await until(() => idle.text() === healthy, 'the answer has come')
    await serving.close()
    await until(idle.ended, 'the server has ended')
    assert.equal(serving.clock.waiting, 0)
  })
})

describe('an address', () => {
  it('that is taken, or none, is refused', async (t) => {
    const { port } = await served(t)
    await assert.rejects(served(t, { address: `127.0.0.1:${port}` }), { code: 'EADDRINUSE' })
    await assert.rejects(served(t, { address: 'nowhere' }), TypeError)
  })

  it('without a host is every interface', async (t) => {
    const { port } = await served(t, { address: ':0' })
    assert.equal(await answerTo(t, port, request('/readyz', close)), unready)
  })
})
