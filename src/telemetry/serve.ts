/** `GET /metrics`, `/healthz`, `/readyz` on plain HTTP: what kubelet and Prometheus ask. */
import { createServer, type Server, type ServerResponse } from 'node:http'
import { isIP } from 'node:net'
import type { MetricsFormat } from './exposition.ts'

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
}

export interface Serving {
  readonly port: number
  close(): Promise<void>
}

/** Listens; rejects with what listen(2) says (`EADDRINUSE`), or a TypeError for an address that is none. */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { host, port } = parseAddress(options.address)
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0]
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(response, 405, 'only GET and HEAD\n')
    if (path === '/metrics') {
      const format = request.headers.accept?.includes('application/openmetrics-text') ? 'openmetrics' : 'text'
      return answer(response, 200, options.metrics(format), contentTypes[format])
    }
    if (path === '/healthz' || path === '/livez') return probe(response, options.healthz())
    if (path === '/readyz') return probe(response, options.readyz())
    return answer(response, 404, 'try /metrics, /healthz or /readyz\n')
  })
  server.keepAliveTimeout = 5_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.once('listening', resolve)
    listen(server, port, host)
  })
  const bound = server.address()
  return { port: typeof bound === 'object' && bound ? bound.port : port, close: () => close(server) }
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

function probe(response: ServerResponse, { ok, text }: Probe): void {
  answer(response, ok ? 200 : 503, `${text}\n`)
}

function answer(response: ServerResponse, status: number, body: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
