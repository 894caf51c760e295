/**
 * `GET /metrics`, `/healthz`, `/readyz` on plain HTTP: the pages for kubelet and Prometheus. On bare sockets, because `node:http`
 * costs every node a megabyte (docs/adr/0007-lean-http.md).
 */
import { createServer, isIP, type Server, type Socket } from 'node:net'
import { type Clock, systemClock } from './clock.ts'
import type { MetricsFormat } from './exposition.ts'
import { type Page, servePages } from './http/page-connection.ts'
import type { RequestHead } from './http/request-head.ts'

/** Clients at a time; a further one is closed at once. Kubelet and a few Prometheus servers need a handful. */
export const maxClients = 64

/** Connections that wait to be accepted; Node's own default. */
const backlog = 511

const contentTypes: Readonly<Record<MetricsFormat, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
}

export interface Probe {
  readonly ok: boolean
  /** One line for people. */
  readonly text: string
}

export interface ServeOptions {
  /** `:8080`, `127.0.0.1:8080`, `[::1]:8080`; port 0 takes a free one. */
  readonly address: string
  readonly metrics: (format: MetricsFormat) => string
  readonly healthz: () => Probe
  readonly readyz: () => Probe
  /** For the deadlines of clients; the system's when absent. */
  readonly clock?: Clock
}

export interface Serving {
  readonly port: number
  close(): Promise<void>
}

/** Listens; rejects with the error of listen(2), e.g. `EADDRINUSE`, or a TypeError for an invalid address. */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { host, port } = parseAddress(options.address)
  const clients = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    clients.add(socket)
    socket.once('close', () => clients.delete(socket))
    servePages(socket, options.clock ?? systemClock, (request) => pageOf(options, request))
  })
  server.maxConnections = maxClients
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.once('listening', resolve)
    listen(server, port, host)
  })
  const bound = server.address()
  return { port: typeof bound === 'object' && bound ? bound.port : port, close: () => close(server, clients) }
}

/**
 * `server.listen` loads `cluster`, `child_process`, `dgram` and `dns`, none of which a process by itself has a use for:
 * 0.7 MB. What it calls in the end is Node's old alias for listening on an address; a Node without it, or a host name,
 * takes the long way.
 */
function listen(server: Server, port: number, host: string | undefined): void {
  const { _listen2: direct } = server as { readonly _listen2?: (...args: readonly unknown[]) => void }
  const family = host === undefined ? 4 : isIP(host)
  if (direct === undefined || family === 0) server.listen(port, host)
  else direct.call(server, host ?? null, port, family, backlog) // null: every interface, of both families where there are
}

/** `:8080` → every interface. Throws TypeError. */
export function parseAddress(address: string): { readonly host: string | undefined; readonly port: number } {
  const parts = /^(?:\[(?<six>[^\]]+)\]|(?<host>[^:[\]]*)):(?<port>\d{1,5})$/.exec(address)?.groups
  const port = Number(parts?.port)
  if (!parts || port > 65_535) throw new TypeError(`"${address}" is not an address; write :PORT or HOST:PORT`)
  return { host: parts.six ?? (parts.host || undefined), port }
}

function pageOf({ metrics, healthz, readyz }: ServeOptions, { path, accept }: RequestHead): Page {
  switch (path) {
    case '/metrics': {
      const format = accept.includes('application/openmetrics-text') ? 'openmetrics' : 'text'
      return { status: 200, body: metrics(format), type: contentTypes[format] }
    }
    case '/healthz':
    case '/livez':
      return probe(healthz())
    case '/readyz':
      return probe(readyz())
    default:
      return { status: 404, body: 'try /metrics, /healthz or /readyz\n' }
  }
}

function probe({ ok, text }: Probe): Page {
  return { status: ok ? 200 : 503, body: `${text}\n` }
}

function close(server: Server, clients: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    for (const socket of clients) socket.destroy()
  })
}
