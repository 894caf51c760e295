/**
 * A proxy in front of an API server. It counts what passes, can be shut (connections are refused and open ones cut, as
 * when a server is killed) and opened again at a known instant, which a real server's start is not. Clients see the
 * server's own certificate, so they need nothing but another port.
 */
import { Agent, createServer as createPlainServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, Agent as TlsAgent, request as tlsRequest } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'

export interface ProxyOptions {
  /** Where the server is. */
  readonly url: string
  /** PEM of certificate and key to show to clients; absent for a server that speaks plain HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string }
  /** Told of every answer that passes. */
  readonly onAnswer?: (exchange: Exchange) => void
}

export interface Exchange {
  readonly method: string
  readonly path: string
  readonly status: number
}

export interface ServerProxy {
  readonly url: string
  /** Requests since the last `resetCount`, by HTTP method; watches count as WATCH. */
  count(): Readonly<Record<string, number>>
  resetCount(): void
  /** From now on connections are refused; open ones are cut. */
  shut(): Promise<void>
  /** Resolves when connections are accepted again. */
  open(): Promise<void>
  close(): Promise<void>
}

/** Puts a proxy on a free port of loopback. */
export async function startProxy(options: ProxyOptions): Promise<ServerProxy> {
  const counts = new Map<string, number>()
  const sockets = new Set<Socket>()
  const agent = options.tls ? new TlsAgent({ keepAlive: true, ca: options.tls.cert }) : new Agent({ keepAlive: true })
  const pass = (incoming: IncomingMessage, answer: ServerResponse): void => {
    const watch = /[?&]watch=(1|true)\b/.test(incoming.url ?? '')
    const verb = watch ? 'WATCH' : (incoming.method ?? 'GET')
    counts.set(verb, (counts.get(verb) ?? 0) + 1)
    forward(options, agent, incoming, answer)
  }
  const server = options.tls ? createTlsServer(options.tls, pass) : createPlainServer(pass)
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  let port = 0
  const open = async (): Promise<void> => {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject)
        resolve()
      })
    })
    port = (server.address() as AddressInfo).port // an address of a TCP server is never a path
  }
  const shut = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const socket of sockets) socket.destroy()
    await closed
  }
  await open()
  return {
    url: `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    count: () => Object.fromEntries([...counts].sort()),
    resetCount: () => counts.clear(),
    shut,
    open,
    close: async () => {
      agent.destroy()
      await shut()
    },
  }
}

/** Bytes go through as they come, both ways: a watch stays a stream. A broken exchange is broken on both sides. */
function forward(
  { url, onAnswer }: ProxyOptions,
  agent: Agent,
  incoming: IncomingMessage,
  answer: ServerResponse,
): void {
  const send = url.startsWith('https:') ? tlsRequest : request
  const { method = 'GET', url: path = '/', headers } = incoming
  const outgoing = send(new URL(path, url), { agent, method, headers }, (result) => {
    const { statusCode: status = 502 } = result
    onAnswer?.({ method, path, status })
    answer.writeHead(status, result.headers)
    answer.flushHeaders() // a watch is open before its first byte
    result.pipe(answer)
    result.once('error', () => answer.destroy())
  })
  outgoing.once('error', () => answer.destroy())
  answer.once('close', () => outgoing.destroy())
  incoming.pipe(outgoing)
}
