/**
 * A proxy in front of an API server. It counts requests, and it can refuse connections and accept them again at a known
 * instant, which the start of a real server is not. It shows clients the server's own certificate.
 */
import { Agent, createServer as createPlainServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, Agent as TlsAgent, request as tlsRequest } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'

export interface ProxyOptions {
  /** The server's address. */
  readonly url: string
  /** PEM of certificate and key to show to clients; absent for a server that speaks plain HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string }
  /** Called for every answer. */
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
  /** Refuses connections from now on and cuts the open ones. */
  shut(): Promise<void>
  /** Resolves when connections are accepted again. */
  open(): Promise<void>
  close(): Promise<void>
}

/** Starts a proxy on a free loopback port. */
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

/** Forwards bytes at once in both directions, so that a watch stays a stream, and breaks both sides when one breaks. */
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
