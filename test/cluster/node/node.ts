/**
 * A real node of a test cluster: containerd, kubelet and kube-proxy in name spaces of their own, so that nothing of it
 * meets this machine's programs and nothing is left when it ends, however it ends. See docs/adr/0025.
 */

import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { type ControlPlane, type Identity, isAlive } from '../control-plane.ts'
import { writeKubeconfig } from '../kubeconfig.ts'
import { readyNodes } from '../kwok.ts'
import { type Program, type Running, tail } from '../process/processes.ts'
import { eventually } from '../wait.ts'
import { cgroupName, removeCgroups, sweepCgroups } from './cgroups.ts'
import { type Network, nodeFiles, PAUSE_IMAGE } from './configuration.ts'
import { forward } from './forward.ts'
import { connectNode, freeNetwork } from './network.ts'
import { startRegistry } from './registry.ts'
import { archiveOf, type Blobs, buildImage } from './small-image.ts'

export interface NodeOptions {
  /** Name of the node; its kubelet acts as `system:node:<name>`, see {@link nodeIdentities}. */
  readonly name: string
  /** Archives to import before the node is started, as `npm run image` writes them. */
  readonly images?: readonly string[]
  readonly labels?: Readonly<Record<string, string>>
  /** Images that the node can pull from Docker Hub, in its stead. */
  readonly registry?: readonly Blobs[]
}

export interface RealNode {
  readonly name: string
  /** Process id of the node's process 1, as this machine sees it. */
  readonly pid: number
  readonly folder: string
  readonly address: string
  /** Runs a command in the node's name spaces, as root on the node would, and returns its stdout. */
  run(command: string, ...args: readonly string[]): Promise<string>
  /** Imports the images of an OCI archive. */
  importImage(archive: string): Promise<void>
  stop(): Promise<void>
}

const READY_TIMEOUT_MS = 60_000
/** Where Debian's containernetworking-plugins are. */
const CNI_PLUGINS = '/usr/lib/cni'
/** The name in the API server's own certificate; the link's address is not in it. */
const SERVER_NAME = 'kubernetes.default.svc'

/** Identities of a node's programs, for `startControlPlane`. */
export function nodeIdentities(name: string): Readonly<Record<string, Identity>> {
  return {
    [kubeletOf(name)]: { user: `system:node:${name}`, groups: ['system:nodes'] },
    'kube-proxy': { user: 'system:kube-proxy', groups: [] },
  }
}

const kubeletOf = (name: string): string => `kubelet-${name}`

/** Starts a node of `cluster` and resolves when it is Ready and has its images. */
export async function startNode(cluster: ControlPlane, options: NodeOptions): Promise<RealNode> {
  sweepCgroups(isAlive)
  const { name } = options
  const folder = join(cluster.folder, `node-${name}`)
  mkdirSync(folder, { recursive: true })
  const { number, network } = freeNetwork()
  const cgroup = cgroupName(number)
  const running = cluster.processes.start(program(cluster, name, folder, cgroup, network))
  const closing: (() => void)[] = []
  const stop = async (): Promise<void> => {
    await end(folder, running)
    for (const close of closing) close()
    removeCgroups(cgroup)
  }
  try {
    const pid = await eventually('the name spaces of the node', 10_000, async () => processOf(folder, running))
    connectNode(network, pid)
    const api = await forward(network.gateway, Number(new URL(cluster.url).port))
    const registry = await startRegistry(network.gateway, options.registry ?? [])
    closing.push(api.close, registry.close)
    writeFiles(folder, nodeFiles({ folder, network, cniPlugins: CNI_PLUGINS, registryPort: registry.port }))
    writeKubeconfigs(cluster, name, folder, `https://${network.gateway}:${api.port}`)
    await serveApi(cluster, network, api.port)
    const labels = Object.entries(options.labels ?? {}).map(([key, value]) => `${key}=${value}`)
    writeFileSync(join(folder, 'labels'), labels.join(','))
    writeFileSync(join(folder, 'configured'), '')
    const node = { name, pid, folder, address: network.address, stop, ...inside(pid) }
    await loadImages(node, cluster, options.images ?? [])
    await eventually('the node to be Ready', READY_TIMEOUT_MS, async () => (await readyNodes(cluster)).includes(name))
    return node
  } catch (error) {
    const logs = ['containerd', 'kubelet', 'kube-proxy'].map((log) => join(folder, `${log}.log`))
    const said = [running.logFile, ...logs].map(tailOf)
    await stop()
    throw new Error(`NM_NODE_START: node ${name} did not become Ready.\n${said.join('\n')}`, { cause: error })
  }
}

/** The name spaces of the node, with init.sh as process 1; all of it ends with this process. */
function program(cluster: ControlPlane, name: string, folder: string, cgroup: string, network: Network): Program {
  const { link, address, gateway } = network
  const { kubelet, 'kube-proxy': kubeProxy } = cluster.tools
  const init = join(import.meta.dirname, 'init.sh')
  const spaces = ['--mount', '--net', '--pid', '--uts', '--ipc', '--kill-child=KILL', '--fork']
  return {
    name: `node-${name}`,
    command: 'unshare',
    args: [...spaces, '/bin/bash', init, folder, name, cgroup, link, address, gateway, kubelet, kubeProxy],
  }
}

function processOf(folder: string, running: Running): number | undefined {
  if (!running.isRunning()) throw new Error(tail(running.logFile))
  const file = join(folder, 'init.pid')
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  return text.endsWith('\n') ? Number(text) : undefined
}

/** Process 1 is killed first: its parent then ends only when the kernel has ended everything in the name space. */
async function end(folder: string, running: Running): Promise<void> {
  const pid = running.isRunning() ? processOf(folder, running) : undefined
  if (pid === undefined) running.signal('SIGKILL')
  else process.kill(pid, 'SIGKILL')
  await running.exited
}

function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}

function writeKubeconfigs(cluster: ControlPlane, name: string, folder: string, url: string): void {
  for (const [program, identity] of [
    ['kubelet', kubeletOf(name)],
    ['kube-proxy', 'kube-proxy'],
  ] as const) {
    const token = cluster.tokens[identity]
    if (token === undefined) throw new Error(`start the cluster with nodeIdentities(${JSON.stringify(name)})`)
    const content = { url, caFile: cluster.caFile, token, user: identity, serverName: SERVER_NAME }
    writeKubeconfig(join(folder, `${program}.kubeconfig`), content)
  }
}

/** Tells kube-proxy where the Service `kubernetes` leads: the API server itself publishes no loopback address. */
async function serveApi(cluster: ControlPlane, { gateway }: Network, port: number): Promise<void> {
  await cluster.admin.apply('/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes', {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'kubernetes', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: 'IPv4',
    ports: [{ name: 'https', port, protocol: 'TCP' }],
    endpoints: [{ addresses: [gateway], conditions: { ready: true } }],
  })
}

async function loadImages(node: RealNode, cluster: ControlPlane, archives: readonly string[]): Promise<void> {
  const pause = join(node.folder, 'pause.tar')
  const files = { pause: cluster.tools.pause }
  writeFileSync(pause, archiveOf(buildImage({ name: PAUSE_IMAGE, files, entrypoint: ['/pause'] })))
  await eventually('containerd', 20_000, async () => existsSync(socketOf(node.pid)))
  for (const archive of [pause, ...archives]) await node.importImage(archive)
  writeFileSync(join(node.folder, 'loaded'), '')
}

/** Where this machine sees the node's containerd. */
const socketOf = (pid: number): string => `/proc/${pid}/root/run/containerd/containerd.sock`

function inside(pid: number): Pick<RealNode, 'run' | 'importImage'> {
  const execute = async (command: string, args: readonly string[]): Promise<string> => {
    return (await promisify(execFile)(command, args, { maxBuffer: 64 * 1024 * 1024 })).stdout
  }
  return {
    run: (...command) =>
      execute('nsenter', ['--target', String(pid), '--mount', '--net', '--pid', '--uts', ...command]),
    importImage: async (archive) => {
      await execute('ctr', ['--address', socketOf(pid), '--namespace', 'k8s.io', 'images', 'import', archive])
    },
  }
}

function tailOf(file: string): string {
  return `--- ${file}\n${tail(file, 12)}`
}
