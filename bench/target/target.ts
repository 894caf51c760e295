/** The API server that measured agents report to: a real one, or the embedded one where there is no Go to build it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { startEmbedded } from '../../src/embedded/server.ts'
import { systemClock, systemRandom } from '../../src/telemetry/clock.ts'
import { startControlPlane } from '../../test/cluster/control-plane.ts'
import { ensureTools } from '../../test/cluster/tools.ts'
import { ask, type Door } from './door.ts'
import { type Gate, startGate } from './gate.ts'

export interface Target {
  readonly server: 'kube-apiserver' | 'embedded'
  readonly door: Door
  /** A folder of this run; gone after `close()`. */
  readonly folder: string
  /** Path of a kubeconfig for `url`: the server's own, or that of a gate in front of it. */
  kubeconfig(url?: string): string
  /** Puts a gate in front of it. */
  gate(): Promise<Gate>
  close(): Promise<void>
}

/** Starts a real control plane where it can be had; says loudly when it cannot. */
export async function startTarget(log: (line: string) => void): Promise<Target> {
  const tools = await ensureTools(['etcd', 'kube-apiserver'], { log })
  if (tools.available) return realTarget(log)
  log('NOT A REAL API SERVER: the figures below are against the embedded one, which answers faster than etcd can.')
  return embeddedTarget()
}

/** Makes a node for an agent to report on. */
export async function addNode(door: Door, name: string): Promise<void> {
  const body = { apiVersion: 'v1', kind: 'Node', metadata: { name, labels: { 'kubernetes.io/hostname': name } } }
  await ask(door, { method: 'POST', path: '/api/v1/nodes', body: JSON.stringify(body) })
}

async function realTarget(log: (line: string) => void): Promise<Target> {
  const cluster = await startControlPlane({ log })
  const ca = readFileSync(cluster.caFile, 'utf8')
  // The server signed its own certificate for 127.0.0.1; a gate on that address may show the same one.
  const key = readFileSync(join(dirname(cluster.caFile), 'apiserver.key'), 'utf8')
  return withKubeconfigs({
    server: 'kube-apiserver',
    door: { url: cluster.url, ca, token: cluster.tokens.admin ?? '' },
    folder: cluster.folder,
    gate: () => startGate({ url: cluster.url, tls: { cert: ca, key } }),
    close: () => cluster.stop(),
  })
}

/** The server inside this process: cheap, and enough where only the agent's own cost matters. */
export async function embeddedTarget(): Promise<Target> {
  const folder = mkdtempSync(join(tmpdir(), 'nodemend-bench-'))
  const server = await startEmbedded({ clock: systemClock, random: systemRandom })
  return withKubeconfigs({
    server: 'embedded',
    door: { url: server.secureUrl, ca: server.ca, token: server.token },
    folder,
    gate: () => startGate({ url: server.url }),
    close: async () => {
      await server.stop()
      rmSync(folder, { recursive: true })
    },
  })
}

function withKubeconfigs(parts: Omit<Target, 'kubeconfig'>): Target {
  let written = 0
  return {
    ...parts,
    kubeconfig: (url = parts.door.url) => {
      const path = join(parts.folder, `bench-${written++}.kubeconfig`)
      writeFileSync(path, JSON.stringify(kubeconfigFor(url, parts.door)), { mode: 0o600 })
      return path
    },
  }
}

function kubeconfigFor(url: string, { ca, token }: Door): object {
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
