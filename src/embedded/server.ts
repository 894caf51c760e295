/**
 * The embedded API server: an in-memory Kubernetes API on loopback, for `npm start`, tests and the simulator. Real
 * `kubectl` and our client work against it; where it differs from a real kube-apiserver, it is wrong
 * (docs/adr/0009-embedded-api-server.md).
 */
import { createServer as createHttp } from 'node:http'
import { createServer as createHttps } from 'node:https'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Clock, Random } from '../telemetry/clock.ts'
import type { Cluster } from './cluster.ts'
import { establish } from './custom/definition.ts'
import type { User } from './http/access.ts'
import { type Certificate, selfSigned } from './http/certificate.ts'
import { serve } from './http/serve.ts'
import type { ServerState } from './http/server-state.ts'
import { type JsonObject, textAt } from './json.ts'
import { builtinKind, KindTable } from './kinds.ts'
import { Store } from './store.ts'
import { createObject } from './write.ts'

export interface EmbeddedOptions {
  readonly clock: Clock
  readonly random: Random
  /** The users. Default: one admin with a new token. The kubeconfig is the first user's. */
  readonly users?: readonly User[]
  /** Default 0: any free port. */
  readonly port?: number
  /** Default 127.0.0.1. */
  readonly host?: string
  /** CustomResourceDefinitions to install, as plain objects. */
  readonly crds?: readonly object[]
  /** The state of an earlier server: a restart keeps everything, as etcd does. */
  readonly cluster?: Cluster
  /** Events kept per kind for watches to resume from; default 8,192. */
  readonly historySize?: number
}

export interface Embedded {
  /** `http://127.0.0.1:port`. The same port speaks TLS: see {@link Embedded.secureUrl}. */
  readonly url: string
  /** `https://127.0.0.1:port`; `kubectl` sends its token only here. */
  readonly secureUrl: string
  /** PEM certificate of `secureUrl`, self-signed. */
  readonly ca: string
  readonly token: string
  /** A kubeconfig (YAML) for `kubectl` and our client. */
  kubeconfig(): string
  /** The state behind the server, for models and tests in this process. */
  readonly cluster: Cluster
  readonly store: Store
  /** Ends every watch and connection and frees the port. */
  stop(): Promise<void>
}

const initialNamespaces = ['default', 'kube-node-lease', 'kube-public', 'kube-system']
const tlsHandshake = 0x16

/** An empty cluster with the namespaces every cluster has. */
export function newCluster(
  clock: Clock,
  random: Random,
  { historySize, tracksOwners = true }: { readonly historySize?: number; readonly tracksOwners?: boolean } = {},
): Cluster {
  const store = new Store(historySize === undefined ? {} : { historySize })
  const cluster: Cluster = { store, kinds: new KindTable(), clock, random, tracksOwners }
  for (const name of initialNamespaces) {
    createObject(cluster, builtinKind('namespaces'), undefined, { metadata: { name } })
  }
  return cluster
}

/** Stores a CustomResourceDefinition and serves what it defines. */
export function installDefinition(cluster: Cluster, definition: object): void {
  const body = definition as JsonObject // a definition is plain JSON, whatever its type is called
  createObject(cluster, builtinKind('customresourcedefinitions'), undefined, body)
  establish(cluster, textAt(body, 'metadata', 'name'))
}

/** Starts the server. Rejects when the port is taken. */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const { clock, random, host = '127.0.0.1' } = options
  const cluster = options.cluster ?? newCluster(clock, random, options)
  for (const definition of options.crds ?? []) installDefinition(cluster, definition)
  const users = options.users ?? [{ token: freshToken(random), name: 'nodemend-admin', groups: ['system:masters'] }]
  const certificate = selfSigned(clock)
  let address = host
  const state: ServerState = { cluster, users, address: () => address, watches: new Set() }
  const listener = dualListener(state, certificate)
  const port = await listen(listener.server, options.port ?? 0, host)
  address = `${host}:${port}`
  const secureUrl = `https://${address}`
  const token = users[0]?.token ?? ''
  return {
    url: `http://${address}`,
    secureUrl,
    ca: certificate.cert,
    token,
    kubeconfig: () => kubeconfigText(secureUrl, certificate.cert, token),
    cluster,
    store: cluster.store,
    stop: () => listener.stop(),
  }
}

interface Listener {
  readonly server: Server
  stop(): Promise<void>
}

/** One port for both HTTP and TLS: the first byte of a connection tells which. */
function dualListener(state: ServerState, certificate: Certificate): Listener {
  const options = { keepAliveTimeout: 65_000 }
  const plain = createHttp(options, (request, response) => void serve(state, request, response))
  const secure = createHttps(
    { ...options, ...certificate },
    (request, response) => void serve(state, request, response),
  )
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy()) // a client may disconnect at any time
    socket.once('close', () => sockets.delete(socket))
    socket.once('data', (first: Buffer) => {
      socket.pause()
      socket.unshift(first)
      const isTls = first[0] === tlsHandshake
      const face = isTls ? secure : plain
      face.emit('connection', socket)
      if (!isTls) process.nextTick(() => socket.resume()) // TLS reads the buffered bytes by itself
    })
  })
  secure.on('tlsClientError', (_error, socket) => socket.destroy())
  return {
    server,
    stop: () =>
      new Promise((resolve) => {
        for (const end of [...state.watches]) end()
        server.close(() => resolve())
        plain.close()
        secure.close()
        for (const socket of sockets) socket.destroy()
      }),
  }
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port) // a TCP server, so never a pipe name
    })
  })
}

function freshToken(random: Random): string {
  return Array.from({ length: 32 }, () => Math.floor(random() * 36).toString(36)).join('')
}

function kubeconfigText(server: string, ca: string, token: string): string {
  return `apiVersion: v1
kind: Config
clusters:
  - name: embedded
    cluster:
      server: ${server}
      certificate-authority-data: ${Buffer.from(ca).toString('base64')}
users:
  - name: embedded
    user:
      token: ${token}
contexts:
  - name: embedded
    context:
      cluster: embedded
      user: embedded
current-context: embedded
`
}
