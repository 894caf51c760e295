/** One real node with the chart's agent and controller, and images for the drills' pods: made of this machine's programs. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { usualImage } from '../../src/drill/run/job.ts'
import type { ControlPlane } from '../cluster/control-plane.ts'
import type { RealNode } from '../cluster/node/node.ts'
import { type Blobs, buildImage, librariesOf, shellFiles } from '../cluster/node/small-image.ts'
import { startRealCluster } from '../cluster/node/suite.ts'
import { writeImages } from '../journey/images.ts'
import { chart } from '../journey/scene.ts'

export const NODE = 'worker-1'
export const NAMESPACE = 'kube-system'
const main = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts')

export interface Said {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface Scene {
  readonly cluster: ControlPlane
  readonly node: RealNode
  kubectl(...args: readonly string[]): Promise<string>
  /** Runs `nodemend drill …` to its end. */
  drill(...args: readonly string[]): Promise<Said>
  /** Starts it in the background. */
  begin(...args: readonly string[]): ChildProcess
  stop(): Promise<void>
}

/** Starts the node and installs the chart. */
export async function startScene(): Promise<Scene> {
  const { cluster, node, stop } = await startRealCluster({ name: NODE, registry: [tools()] })
  try {
    for (const image of await writeImages(join(cluster.folder, 'images'))) await node.importImage(image)
    const home = join(cluster.folder, 'helm')
    const env = {
      ...process.env,
      KUBECONFIG: cluster.kubeconfig('admin'),
      HELM_CACHE_HOME: home,
      HELM_CONFIG_HOME: home,
    }
    const call = async (command: string, args: readonly string[]): Promise<string> =>
      (await promisify(execFile)(command, args, { env, timeout: 120_000 })).stdout
    const begin = (...args: readonly string[]) => spawn(process.execPath, [main, 'drill', ...args], { env })
    await call(cluster.tools.helm, ['install', 'nodemend', chart, `--namespace=${NAMESPACE}`, ...values])
    const kubectl = (...args: readonly string[]) => call(cluster.tools.kubectl, args)
    for (const what of ['daemonset/nodemend-agent', 'deployment/nodemend-controller', 'deployment/nodemend-drills'])
      await kubectl('rollout', 'status', what, `--namespace=${NAMESPACE}`, '--timeout=90s')
    return { cluster, node, kubectl, begin, drill: (...args) => ended(begin(...args)), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

const values = [
  '--set=drills.enabled=true',
  // Other tests write Xids into the kernel log that all nodes of this machine share.
  '--set=agent.config.reasons.NvidiaXidError.disabled=true',
  '--set=controller.replicas=1',
  '--set=controller.providers={embedded}',
  '--set=controller.extraArgs={--interval=1s,--settle=0s}',
]

/** What the scripts of the injections call. */
function tools(): Blobs {
  const programs = ['mount', 'mkdir', 'dd', 'tail', 'basename', 'mktemp', 'rm', 'df'].map((name) => [
    `bin/${name}`,
    `/bin/${name}`,
  ])
  const found = {
    ...Object.fromEntries(programs),
    'usr/sbin/mke2fs': '/sbin/mke2fs',
    'usr/sbin/losetup': '/sbin/losetup',
    'usr/sbin/ip': '/sbin/ip',
  } as Record<string, string>
  const libraries = Object.values(found).map(librariesOf)
  const tmp = { 'tmp/.keep': Buffer.from('') }
  return buildImage({
    name: `docker.io/library/${usualImage}`,
    files: Object.assign({}, shellFiles(), found, tmp, ...libraries),
  })
}

export function ended(child: ChildProcess): Promise<Said> {
  const said = { out: '', err: '' }
  child.stdout?.on('data', (bytes: Buffer) => {
    said.out += bytes
  })
  child.stderr?.on('data', (bytes: Buffer) => {
    said.err += bytes
  })
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, ...said })))
}
