import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { webhookSettings } from './send.ts'

const folder = mkdtempSync(join(tmpdir(), 'nodemend-webhook-'))
const key = join(folder, 'key')
writeFileSync(key, `${'k'.repeat(32)}\n`)
test.after(() => rmSync(folder, { recursive: true }))

type Handle = (request: IncomingMessage, response: ServerResponse) => void

async function served(t: { after(run: () => void): void }, handle: Handle) {
  const server = createServer(handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  return { url, send: webhookSettings(url, key).send }
}

const request = (url: string, timeoutMs = 5_000) =>
  ({ method: 'PUT', url, headers: { 'x-a': 'b' }, body: '{}', timeoutMs }) as const

test('it sends what it is given, and returns status and text', async (t) => {
  const { url, send } = await served(t, (asked, answer) => {
    answer.writeHead(202)
    answer.end(`${asked.method} ${asked.url} ${asked.headers['x-a']}`)
  })
  assert.deepEqual(await send(request(`${url}/v1/operations/a`)), { status: 202, text: 'PUT /v1/operations/a b' })
})

test('the time that is left as the leader has fractions of a millisecond', async (t) => {
  const { url, send } = await served(t, (_asked, answer) => answer.writeHead(202).end())
  assert.equal((await send(request(url, 4_999.5))).status, 202)
})

test('an endless answer is cut, and a redirect is not followed', async (t) => {
  const { url, send } = await served(t, (asked, answer) => {
    if (asked.url === '/elsewhere') return answer.writeHead(307, { location: 'http://127.0.0.1:1/' }).end()
    const more = (): void => {
      while (answer.write('x'.repeat(65_536)));
    }
    answer.on('drain', more)
    more()
    return undefined
  })
  assert.equal((await send(request(`${url}/`))).text.length, 16_384)
  await assert.rejects(send(request(`${url}/elsewhere`)), /the webhook did not answer: .*redirect/)
})

test('no answer in time, and nobody there, are told', async (t) => {
  const { url, send } = await served(t, () => undefined)
  await assert.rejects(send(request(url, 20)), /the webhook did not answer: .*timeout/)
  await assert.rejects(send(request('http://127.0.0.1:1')), /the webhook did not answer: /)
})

test('settings that cannot work say what to write', () => {
  const short = join(folder, 'short')
  writeFileSync(short, 'secret\n')
  for (const [url, file, why] of [
    ['machines.example', key, /is no address; write https/],
    ['http://machines.example', key, /write https:\/\/…; http is for localhost and Services/],
    ['https://me:pw@machines.example', key, /leave out user/],
    ['https://machines.example/?a=b', key, /leave out user, \? and #/],
    ['https://machines.example', join(folder, 'none'), /--webhook-secret-file: ENOENT/],
    ['https://machines.example', short, /less than 16 characters; openssl rand -hex 32/],
  ] as const) {
    assert.throws(() => webhookSettings(url, file), why)
  }
  assert.equal(webhookSettings('http://machines.tools.svc:8080/nodemend', key).secret(), 'k'.repeat(32))
})
