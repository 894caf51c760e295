import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { SteppedClock, systemClock } from '../../telemetry/clock.ts'
import { answerMs, systemLoopback } from './network.ts'

const local = { address: '127.0.0.1' }

async function service(t: TestContext, answer?: string): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', () => answer !== undefined && socket.write(answer))
  })
  t.after(() => server.close())
  await new Promise<void>((resolve) => server.listen(0, local.address, resolve))
  const bound = server.address()
  return typeof bound === 'object' && bound ? bound.port : 0
}

test('a service answers, accepts, or nothing listens', async (t) => {
  const { ask } = systemLoopback(systemClock)
  const port = await service(t, 'HTTP/1.1 200 OK\r\n\r\n')
  assert.deepEqual(await ask({ ...local, port }, Buffer.from('x')), { bytes: Buffer.from('HTTP/1.1 200 OK\r\n\r\n') })
  assert.deepEqual(await ask({ ...local, port }, Buffer.alloc(0)), { bytes: Buffer.alloc(0) })
  assert.deepEqual(await ask({ ...local, port: 1 }, Buffer.alloc(0)), { refused: true })
})

test('an answer in several parts is waited for where all of it is wanted, up to a limit', async (t) => {
  const { ask } = systemLoopback(systemClock)
  const server = createServer((socket) => {
    socket.write('one, ')
    socket.once('data', () => setImmediate(() => socket.end('two')))
  })
  t.after(() => server.close())
  await new Promise<void>((resolve) => server.listen(0, local.address, resolve))
  const { port } = server.address() as { readonly port: number } // it listens on TCP
  assert.deepEqual(await ask({ ...local, port }, Buffer.from('x'), 100), { bytes: Buffer.from('one, two') })
  assert.deepEqual(await ask({ ...local, port }, Buffer.from('x'), 6), { silent: 'answered with more than 6 bytes' })
})

test('a service that stays silent is given up', async (t) => {
  const clock = new SteppedClock()
  const port = await service(t)
  const asked = systemLoopback(clock).ask({ ...local, port }, Buffer.from('x'))
  await clock.advance(answerMs)
  assert.deepEqual(await asked, { silent: 'did not answer within 5 s' })
})

test('no other address is asked', async () => {
  const { ask } = systemLoopback(systemClock)
  for (const address of ['10.0.0.1', '127.0.0.1.example.org', '::2', ''])
    assert.match(JSON.stringify(await ask({ address, port: 80 }, Buffer.alloc(0))), /no loopback address/)
})
