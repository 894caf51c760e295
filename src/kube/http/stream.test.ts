import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nodes } from '../api.ts'
import { collect, failure, json, pair, rejected, until } from '../testing/scripted-server.ts'

const node = { metadata: { name: 'worker-1' } }

describe('a stream', () => {
  const watch = { verb: 'watch', resource: nodes, query: { watch: true } } as const

  it('yields one object per line however the bytes are cut', async (t) => {
    const text = Buffer.from('{"a":"ü"}\n{"a":2}\n\n{"a":3}\n{"a":4')
    const { api } = await pair(t, (_seen, response) => {
      response.writeHead(200)
      const next = (at: number): void => {
        if (at === text.length) return void response.end()
        response.write(text.subarray(at, at + 1), () => setImmediate(() => next(at + 1)))
      }
      next(0)
    })
    assert.deepEqual(await collect(api.stream(watch)), [{ a: 'ü' }, { a: 2 }, { a: 3 }])
  })

  it('breaks with an error on a reset in the middle of a line, and on a line that is no JSON', async (t) => {
    const { api, server } = await pair(t, (seen, response) => {
      response.writeHead(200)
      response.write('{"a":1}\n{"a":', () => seen.socket.resetAndDestroy())
    })
    assert.equal((await rejected(collect(api.stream(watch)))).code, 'NM_KUBE_NETWORK')
    server.play((_seen, response) => response.end('{"a":1}\n{oops}\n{"a":2}\n'))
    assert.equal((await rejected(collect(api.stream(watch)))).code, 'NM_KUBE_ANSWER')
  })

  it('breaks when nothing comes for its silence, counted from the last line', async (t) => {
    let send: ((text: string) => void) | undefined
    const { api, clock, server } = await pair(t, (_seen, response) => {
      response.writeHead(200)
      send = (text) => response.write(text)
      send('{"a":1}\n')
    })
    const seen: unknown[] = []
    const done = rejected(
      (async () => {
        for await (const one of api.stream({ ...watch, timeoutMs: 90_000 })) seen.push(one)
      })(),
    )
    await until(() => seen.length === 1, 'the first line is read')
    await clock.advance(80_000)
    send?.('{"a":2}\n')
    await until(() => seen.length === 2, 'the second line is read')
    await clock.advance(80_000)
    assert.equal(server.connections().open, 1)
    await clock.advance(10_000)
    assert.equal((await done).code, 'NM_KUBE_TIMEOUT')
    assert.equal(clock.waiting, 0)
  })

  it('does not take a socket away from calls, and is closed when its reader stops', async (t) => {
    const { api, server } = await pair(
      t,
      (seen, response) => {
        if (!seen.url.searchParams.has('watch')) return json(response, 200, node)
        response.writeHead(200)
        response.write('{"a":1}\n')
      },
      { maxConnections: 1 },
    )
    const streams = [1, 2, 3].map(() => api.stream(watch)[Symbol.asyncIterator]())
    for (const stream of streams) await stream.next()
    assert.deepEqual(await api.request({ verb: 'get', resource: nodes, name: 'worker-1' }), node)
    for (const stream of streams) await stream.return?.()
    await until(() => server.connections().open === 1, 'only the socket of the call is left')
  })

  it('reports a refusal like a call does, and tells when it is open', async (t) => {
    const { api, server } = await pair(t, (_seen, response) => json(response, 410, failure(410, 'Expired', 'too old')))
    let opens = 0
    const call = { ...watch, onOpen: () => opens++ }
    assert.equal((await rejected(collect(api.stream(call)))).code, 'NM_KUBE_EXPIRED')
    assert.equal(opens, 0)
    server.play((_seen, response) => response.end())
    await collect(api.stream(call))
    assert.equal(opens, 1)
  })
})
