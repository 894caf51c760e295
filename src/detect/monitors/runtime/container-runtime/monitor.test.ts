import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer as createHttp2 } from 'node:http2'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { SteppedClock } from '../../../../telemetry/clock.ts'
import { systemLoopback } from '../../../host/network.ts'
import { lookAt, looker } from '../../testing/look-at.ts'
import { containerRuntime } from './monitor.ts'

/** A machine with containerd's socket, on which real servers listen; its waits end when the test says so. */
function machine(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'nm-'))
  t.after(() => rmSync(root, { recursive: true }))
  mkdirSync(join(root, 'run/containerd'), { recursive: true })
  const clock = new SteppedClock()
  const { look } = looker(containerRuntime, root, { loopback: systemLoopback(clock) })
  const listen = async (server: Server): Promise<() => Promise<void>> => {
    await new Promise<void>((resolve) => server.listen(join(root, 'run/containerd/containerd.sock'), resolve))
    return () => new Promise((resolve) => server.close(() => resolve()))
  }
  return { look: async () => (await look()).levels, listen, clock }
}
const over = (what: string) => [
  `over ContainerRuntimeNotAnswering: the container runtime at /run/containerd/containerd.sock is not well: ${what}`,
]

describe('the container runtime', () => {
  it('sees a server of gRPC answer, end and come back', async (t) => {
    const { look, listen } = machine(t)
    const end = await listen(createHttp2())
    assert.deepEqual(await look(), [])
    await end()
    assert.deepEqual(await look(), over('its socket is gone'))
    const again = await listen(createHttp2())
    assert.deepEqual(await look(), [])
    await again()
  })

  it('sees a runtime that accepts connections and says nothing', async (t) => {
    const { look, listen, clock } = machine(t)
    const end = await listen(createHttp2())
    assert.deepEqual(await look(), [])
    await end()
    let accepted: () => void = () => undefined
    const connected = new Promise<void>((resolve) => {
      accepted = resolve
    })
    const hung = createServer((socket) => {
      socket.on('error', () => undefined).resume()
      accepted()
    })
    const stop = await listen(hung)
    const looking = look()
    await connected
    await clock.advance(6_000)
    assert.deepEqual(await looking, over('its socket did not answer within 5 s'))
    await stop()
  })

  it('is absent without a socket, and on a saved copy', async () => {
    assert.match((await lookAt(containerRuntime, {})).absent ?? '', /no container runtime/)
    const copy = await lookAt(containerRuntime, { 'run/crio/crio.sock': '' })
    assert.match(copy.absent ?? '', /saved copy/)
  })
})
