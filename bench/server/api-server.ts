/** The API server that measured agents report to: a real one, or the embedded one where there is no Go to build it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { startEmbedded } from '../../src/embedded/server.ts'
import { systemClock, systemRandom } from '../../src/telemetry/clock.ts'
import { type ControlPlane, startControlPlane } from '../../test/cluster/control-plane.ts'
import { ensureTools } from '../../test/cluster/tools.ts'
import { ask, type Endpoint } from './endpoint.ts'
import { type ServerProxy, startProxy } from './proxy.ts'

export interface ApiServer {
  readonly kind: 'kube-apiserver' | 'embedded'
  readonly endpoint: Endpoint
  /** A folder of this run, which `close()` removes. */
  readonly folder: string
  /** Path of a kubeconfig for `url`: the server's own, or that of a proxy in front of it. */
  kubeconfig(url?: string): string
  /** Starts a proxy in front of the server. */
  proxy(): Promise<ServerProxy>
  close(): Promise<void>
}

/** Starts a real control plane where Go is installed, and logs it where not. */
export async function startApiServer(log: (line: string) => void): Promise<ApiServer> {
  const tools = await ensureTools(['etcd', 'kube-apiserver'], { log })
  if (tools.available) return realApiServer(log)
  log('NOT A REAL API SERVER: the figures are against the embedded one, which answers faster.')
  return embeddedApiServer()
}

/** Makes a node for an agent to report on. */
export async function addNode(endpoint: Endpoint, name: string): Promise<void> {
  const body = { apiVersion: 'v1', kind: 'Node', metadata: { name, labels: { 'kubernetes.io/hostname': name } } }
  await ask(endpoint, { method: 'POST', path: '/api/v1/nodes', body: JSON.stringify(body) })
}

/** How to reach a control plane as its admin. */
export function realEndpoint({ url, caFile, tokens }: ControlPlane): Endpoint {
  return { url, ca: readFileSync(caFile, 'utf8'), token: tokens.admin ?? '' }
}

async function realApiServer(log: (line: string) => void): Promise<ApiServer> {
  const cluster = await startControlPlane({ log })
  const ca = readFileSync(cluster.caFile, 'utf8')
  // The server signed its own certificate for 127.0.0.1; a proxy on that address may show the same one.
  const key = readFileSync(join(dirname(cluster.caFile), 'apiserver.key'), 'utf8')
  return withKubeconfigs({
    kind: 'kube-apiserver',
    endpoint: realEndpoint(cluster),
    folder: cluster.folder,
    proxy: () => startProxy({ url: cluster.url, tls: { cert: ca, key } }),
    close: () => cluster.stop(),
  })
}

/** The embedded server in this process, for benches of the agent's own cost. */
export async function embeddedApiServer(): Promise<ApiServer> {
  const folder = mkdtempSync(join(tmpdir(), 'nodemend-bench-'))
  const server = await startEmbedded({ clock: systemClock, random: systemRandom })
  return withKubeconfigs({
    kind: 'embedded',
    endpoint: { url: server.secureUrl, ca: server.ca, token: server.token },
    folder,
    proxy: () => startProxy({ url: server.url }),
    close: async () => {
      await server.stop()
      rmSync(folder, { recursive: true })
    },
  })
}

function withKubeconfigs(parts: Omit<ApiServer, 'kubeconfig'>): ApiServer {
  let written = 0
  return {
    ...parts,
    kubeconfig: (url = parts.endpoint.url) => {
      const path = join(parts.folder, `bench-${written++}.kubeconfig`)
      writeFileSync(path, JSON.stringify(kubeconfigFor(url, parts.endpoint)), { mode: 0o600 })
      return path
    },
  }
}

function kubeconfigFor(url: string, { ca, token }: Endpoint): object {
  const authority =
    ca === undefined || url.startsWith('http:')
      ? {}
      : { 'certificate-authority-data': Buffer.from(ca).toString('base64') }
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'bench',
    contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
    clusters: [{ name: 'bench', cluster: { server: url, ...authority } }],
    users: [{ name: 'bench', user: { token } }],
  }
}
