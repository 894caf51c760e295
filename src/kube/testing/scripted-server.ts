/** A small real HTTP(S) server that answers as a test scripts it, and counts what a client does to it. */
import { createServer as createHttp, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createHttps, type ServerOptions } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { SteppedClock, seededRandom, systemClock } from '../../telemetry/clock.ts'
import type { Api } from '../api.ts'
import { type ConnectionConfig, connectOver, type OpenTransport } from '../connection.ts'
import { isKubeError, type KubeError } from '../errors.ts'
import { httpTransport } from '../http/transport.ts'
import { leanTransport } from '../lean/transport.ts'

export interface SeenRequest {
  readonly method: string
  readonly url: URL
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly socket: Socket
}

export type Script = (request: SeenRequest, response: ServerResponse) => void

export interface ScriptedServer {
  readonly url: string
  readonly requests: readonly SeenRequest[]
  /** Connections ever opened by clients, and those that are open now. */
  connections(): { readonly opened: number; readonly open: number }
  /** Replaces the script. */
  play(script: Script): void
  /** Cuts every connection and stops listening. */
  close(): Promise<void>
}

/** Listens on a free loopback port, or on `port` (a server that comes back). With `tls`, over HTTPS. */
export async function startScripted(
  script: Script,
  options: { tls?: ServerOptions; port?: number } = {},
): Promise<ScriptedServer> {
  const requests: SeenRequest[] = []
  const sockets = new Set<Socket>()
  let opened = 0
  let current = script
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '/', headers, socket } = request
      const seen = {
        method,
        url: new URL(url, 'http://server'),
        headers,
        socket,
        body: Buffer.concat(chunks).toString(),
      }
      requests.push(seen)
      current(seen, response)
    })
  }
  const server = options.tls ? createHttps(options.tls, listener) : createHttp(listener)
  server.keepAliveTimeout = 0
  server.on('connection', (socket: Socket) => {
    opened++
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined) // the tests cut connections on purpose
  })
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // listening on TCP: an AddressInfo
  return {
    url: `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    requests,
    connections: () => ({ opened, open: sockets.size }),
    play: (next) => {
      current = next
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** Answers JSON. */
export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}

/** A Status body as the API server writes it. */
export function failure(code: number, reason: string, message: string, details: object = {}): object {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message, details }
}

/** Waits, turn by turn of the event loop, until the condition holds. Fails after ten real seconds. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const end = systemClock.monotonic() + 10_000
  while (!condition()) {
    if (systemClock.monotonic() > end) throw new Error(`waited in vain until ${what}`)
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
}

/** Every way that bytes travel, with its name. */
export const transports: readonly (readonly [name: string, open: OpenTransport])[] = [
  ['Node’s HTTP', httpTransport],
  ['lean', leanTransport],
]

export interface Pair {
  readonly server: ScriptedServer
  readonly api: Api
  readonly clock: SteppedClock
}

export interface PairOptions {
  readonly config?: Partial<ConnectionConfig>
  readonly maxConnections?: number
  readonly tls?: ServerOptions
  /** {@link httpTransport} when absent. */
  readonly transport?: OpenTransport
}

/** A scripted server and our own client connected to it; both are closed when the test ends. */
export async function pair(t: TestContext, script: Script, options: PairOptions = {}): Promise<Pair> {
  const server = await startScripted(script, options.tls ? { tls: options.tls } : {})
  t.after(() => server.close())
  return { server, ...connect(t, { server: server.url, ...options.config }, options) }
}

/** Our own client on a stepped clock; closed when the test ends. */
export function connect(
  t: TestContext,
  config: ConnectionConfig,
  { transport = httpTransport, maxConnections = 8 }: Pick<PairOptions, 'transport' | 'maxConnections'> = {},
): Omit<Pair, 'server'> {
  const clock = new SteppedClock()
  const options = { clock, random: seededRandom(1), maxConnections, userAgent: 'nodemend/test' }
  const api = connectOver(transport, config, options)
  t.after(() => api.close())
  return { api, clock }
}

/** {@link pair} and {@link connect} over one transport, for tests of what must be the same on each. */
export function over(transport: OpenTransport): { readonly pair: typeof pair; readonly connect: typeof connect } {
  return {
    pair: (t, script, options) => pair(t, script, { transport, ...options }),
    connect: (t, config, options) => connect(t, config, { transport, ...options }),
  }
}

/** The KubeError that the promise rejects with; fails when it does not. */
export async function rejected(promise: Promise<unknown>): Promise<KubeError> {
  const outcome = await promise.then(
    () => 'it was fulfilled',
    (cause: unknown) => cause,
  )
  if (isKubeError(outcome)) return outcome
  throw new Error(`a KubeError was expected: ${String(outcome)}`)
}

/** Everything that a stream yields, until it ends. */
export async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of stream) items.push(item)
  return items
}
