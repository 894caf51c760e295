/** The cluster of the journey: real nodes, images, and our chart installed by the real Helm, as an operator would. */

import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { promisify } from 'node:util'
import { systemClock } from '../../src/telemetry/clock.ts'
import { type ControlPlane, startControlPlane } from '../cluster/control-plane.ts'
import { nodeIdentities, type RealNode, startNode } from '../cluster/node/node.ts'
import { type Blobs, buildImage, shellFiles } from '../cluster/node/small-image.ts'
import { hasRealNode } from '../cluster/node/suite.ts'
import { skipped } from '../cluster/suite.ts'
import { eventually } from '../cluster/wait.ts'
import { FIRST_GPU, GPU_POD_IMAGE, xidLine } from './guide.ts'
import { whyNoImages, writeImages } from './images.ts'

export interface Condition {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
  readonly lastTransitionTime: string
}

export interface NodeObject {
  readonly metadata: { readonly uid: string; readonly labels: Readonly<Record<string, string>> }
  readonly spec: { readonly unschedulable?: boolean; readonly taints?: readonly { readonly key: string }[] }
  readonly status: { readonly conditions: readonly Condition[] }
}

export interface Scene {
  readonly cluster: ControlPlane
  /** The node that becomes sick. */
  readonly sick: string
  /** Seconds from nothing to the first finding, by stage. */
  readonly seconds: Readonly<Record<string, number>>
  /** Notes the time of a stage in `seconds`. */
  mark(stage: string): void
  kubectl(...args: readonly string[]): Promise<string>
  helm(...args: readonly string[]): Promise<string>
  nodemend(...args: readonly string[]): Promise<string>
  /** `kubectl apply` of an object. */
  apply(object: object): Promise<string>
  node(name?: string): Promise<NodeObject>
  condition(type: string): Promise<Condition | undefined>
  /** Messages of the Events about the sick node. */
  events(): Promise<readonly string[]>
  /** A machine of the same node group, in place of the sick one. */
  replaceMachine(): Promise<void>
  stop(): Promise<void>
}

export const NAMESPACE = 'kube-system'
export const SICK = 'worker-1'
export const SUCCESSOR = 'worker-3'
/** Runs the controllers. It has no agent, because all nodes here share one kernel log. */
const QUIET = 'worker-2'
const GROUP = { 'nodemend.dev/node-group': 'workers' }
export const chart = join(import.meta.dirname, '..', '..', 'deploy', 'chart')
const main = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts')

/** Values of the journey; all others are those of the chart. */
export const VALUES = [
  '--set=controller.nodeSelector.kubernetes\\.io/hostname=worker-2',
  '--set=controller.providers={embedded}',
  '--set=controller.extraArgs={--interval=1s,--allow-embedded-on-a-real-cluster}',
]

/** Whether the scene can be started here; if not, the test is skipped and says why. */
export async function canStart(t: TestContext): Promise<boolean> {
  if (!(await hasRealNode(t, ['kubectl', 'helm']))) return false
  const why = await whyNoImages()
  return why === undefined || skipped(t, why)
}

/** Starts the nodes, and installs the chart unless told not to. */
export async function startScene({ install = true } = {}): Promise<Scene> {
  const began = systemClock.monotonic()
  const seconds: Record<string, number> = {}
  const mark = (stage: string): void => {
    seconds[stage] = Math.round((systemClock.monotonic() - began) / 100) / 10
  }
  const identities = Object.assign({}, ...[SICK, QUIET, SUCCESSOR].map(nodeIdentities))
  const cluster = await startControlPlane({ controllerManager: true, scheduler: true, identities })
  const nodes: RealNode[] = []
  const stop = async (): Promise<void> => {
    for (const node of nodes) await node.stop()
    await cluster.stop()
  }
  try {
    const images = await writeImages(join(cluster.folder, 'images'))
    const start = async (name: string, labels: Readonly<Record<string, string>>): Promise<void> => {
      nodes.push(await startNode(cluster, { name, images, labels, registry: registryImages() }))
    }
    await start(SICK, GROUP)
    await start(QUIET, { ...GROUP, type: 'virtual-kubelet' })
    mark('cluster up, images loaded')
    const tools = commands(cluster)
    if (install) await installChart(tools, mark)
    const scene = { cluster, sick: SICK, seconds, mark, stop, ...tools, ...questions(cluster) }
    return {
      ...scene,
      replaceMachine: async () => {
        await nodes.shift()?.stop()
        // What the pod garbage collector does forty seconds later.
        const its = ['--all-namespaces', `--field-selector=spec.nodeName=${SICK}`]
        await tools.kubectl('delete', 'pods', ...its, '--force', '--grace-period=0')
        await start(SUCCESSOR, GROUP)
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function installChart({ helm, kubectl }: Pick<Scene, 'helm' | 'kubectl'>, mark: Scene['mark']): Promise<void> {
  // Without its newline the kernel would hold the line back until the next one.
  writeFileSync('/dev/kmsg', `${xidLine(79, FIRST_GPU)}\n`)
  await helm('install', 'nodemend', chart, `--namespace=${NAMESPACE}`, ...VALUES)
  mark('helm install returned')
  await kubectl('rollout', 'status', 'daemonset/nodemend-agent', `--namespace=${NAMESPACE}`, '--timeout=60s')
  mark('agent Ready')
}

/** The images that the guide's commands name, made of this machine's shell. */
function registryImages(): Blobs[] {
  const files = shellFiles()
  const smi = Buffer.from('#!/bin/sh\necho "GPU 0: a stub of nvidia-smi"\n')
  return [
    buildImage({ name: 'docker.io/library/ubuntu:latest', files }),
    buildImage({ name: `docker.io/${GPU_POD_IMAGE}`, files: { ...files, 'usr/bin/nvidia-smi': smi } }),
  ]
}

function commands(cluster: ControlPlane): Pick<Scene, 'kubectl' | 'helm' | 'nodemend' | 'apply'> {
  const home = join(cluster.folder, 'helm')
  const env = { ...process.env, KUBECONFIG: cluster.kubeconfig('admin'), HELM_CACHE_HOME: home, HELM_CONFIG_HOME: home }
  const call = async (command: string, args: readonly string[]): Promise<string> => {
    return (await promisify(execFile)(command, args, { env, maxBuffer: 64 * 1024 * 1024, timeout: 120_000 })).stdout
  }
  const kubectl = (...args: readonly string[]) => call(cluster.tools.kubectl, args)
  return {
    kubectl,
    helm: (...args) => call(cluster.tools.helm, args),
    nodemend: (...args) => call(process.execPath, [main, ...args]),
    apply: (object) => {
      const { kind, metadata } = object as { kind: string; metadata: { name: string } } // what the callers pass
      const file = join(cluster.folder, `${kind}-${metadata.name}.json`)
      writeFileSync(file, JSON.stringify(object))
      return kubectl('apply', '--filename', file)
    },
  }
}

function questions(cluster: ControlPlane): Pick<Scene, 'node' | 'condition' | 'events'> {
  const node = (name = SICK) => cluster.admin.get<NodeObject>(`/api/v1/nodes/${name}`)
  return {
    node,
    condition: async (type) => (await node()).status.conditions.find((one) => one.type === type),
    events: async () => {
      const list = await cluster.admin.get<{ items: readonly { involvedObject: { name: string }; message: string }[] }>(
        '/api/v1/events',
      )
      return list.items.filter(({ involvedObject }) => involvedObject.name === SICK).map(({ message }) => message)
    },
  }
}

/** Waits until an Event about the sick node matches, and answers it. */
export function eventOf(scene: Scene, pattern: RegExp): Promise<string> {
  return eventually(`an Event that matches ${pattern}`, 20_000, async () => {
    return (await scene.events()).find((message) => pattern.test(message))
  })
}
