import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { type Gate, startGate } from './gate.ts'

test('requests pass and are counted by verb, watches apart', async (t) => {
  const gate = await gateBeforeEcho(t)
  const answer = await fetch(`${gate.url}/api/v1/nodes/a/status`, { method: 'PATCH', body: 'hello' })
  assert.equal(await answer.text(), 'PATCH /api/v1/nodes/a/status hello')
  await (await fetch(`${gate.url}/api/v1/nodes?watch=true`)).text()
  await (await fetch(`${gate.url}/api/v1/nodes?labelSelector=watch%3Dtrue`)).text()
  assert.deepEqual(gate.count(), { GET: 1, PATCH: 1, WATCH: 1 })
  gate.resetCount()
  assert.deepEqual(gate.count(), {})
})

test('a shut gate refuses, and the same port answers when it is open again', async (t) => {
  const gate = await gateBeforeEcho(t)
  await (await fetch(gate.url)).text()
  await gate.shut()
  await assert.rejects(fetch(gate.url))
  await gate.open()
  assert.equal((await fetch(gate.url)).status, 200)
})

async function gateBeforeEcho(t: TestContext): Promise<Gate> {
  const server = createServer((incoming, answer) => {
    let body = ''
    incoming.on('data', (chunk: Buffer) => {
      body += chunk.toString()
    })
    incoming.once('end', () => answer.end(`${incoming.method} ${incoming.url} ${body}`))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const gate = await startGate({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
  t.after(async () => {
    await gate.close()
    server.closeAllConnections()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  })
  return gate
}
