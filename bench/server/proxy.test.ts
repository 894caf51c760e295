import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { type ServerProxy, startProxy } from './proxy.ts'

test('requests pass and are counted by verb, watches apart', async (t) => {
  const proxy = await proxyBeforeEcho(t)
  const answer = await fetch(`${proxy.url}/api/v1/nodes/a/status`, { method: 'PATCH', body: 'hello' })
  assert.equal(await answer.text(), 'PATCH /api/v1/nodes/a/status hello')
  await (await fetch(`${proxy.url}/api/v1/nodes?watch=true`)).text()
  await (await fetch(`${proxy.url}/api/v1/nodes?labelSelector=watch%3Dtrue`)).text()
  assert.deepEqual(proxy.count(), { GET: 1, PATCH: 1, WATCH: 1 })
  proxy.resetCount()
  assert.deepEqual(proxy.count(), {})
})

test('a shut proxy refuses, and the same port answers when it is open again', async (t) => {
  const proxy = await proxyBeforeEcho(t)
  await (await fetch(proxy.url)).text()
  await proxy.shut()
  await assert.rejects(fetch(proxy.url))
  await proxy.open()
  assert.equal((await fetch(proxy.url)).status, 200)
})

async function proxyBeforeEcho(t: TestContext): Promise<ServerProxy> {
  const server = createServer((incoming, answer) => {
    let body = ''
    incoming.on('data', (chunk: Buffer) => {
      body += chunk.toString()
    })
    incoming.once('end', () => answer.end(`${incoming.method} ${incoming.url} ${body}`))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const proxy = await startProxy({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
  t.after(async () => {
    await proxy.close()
    server.closeAllConnections()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  })
  return proxy
}
