/** Agent and controller from the bundles, on a modelled cluster, for a Prometheus to scrape; one fault from line to proof. */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { furnish } from '../../src/cli/demo/cluster.ts'
import { startModels } from '../../src/embedded/model/models.ts'
import { startEmbedded } from '../../src/embedded/server.ts'
import { type KubeObject, nodes, pods } from '../../src/kube/api.ts'
import { connectTo } from '../../src/kube/connect.ts'
import { createObject, listObjects, replaceObject } from '../../src/kube/objects.ts'
import { crds } from '../../src/repair/crds.ts'
import { seededRandom, systemClock } from '../../src/telemetry/clock.ts'
import { freePorts } from '../cluster/process/ports.ts'
import type { ProcessGroup } from '../cluster/process/processes.ts'
import { eventually } from '../cluster/wait.ts'
import { root } from './rule-files.ts'

const parts = { clock: systemClock, random: seededRandom(1) }

/** An object with whatever fields its kind has. */
type Body = KubeObject & Readonly<Record<string, unknown>>

export interface Scene {
  /** Kubeconfig of an API server that lists the agent's pod. */
  readonly podsKubeconfig: string
  /** The node that the agent watches. */
  readonly node: string
  readonly controllerAddress: string
  /** Breaks a GPU of that node, and writes a line from user space. */
  injectFault(): void
}

export interface SceneOptions {
  readonly processes: ProcessGroup
  readonly folder: string
  /** A loopback address of this test alone, on which the agent can have port 8080. */
  readonly agentIp: string
  /** Given what has to be ended, as soon as it runs. */
  readonly ends: (end: () => unknown) => void
}

export async function startScene({ processes, folder, agentIp, ends }: SceneOptions): Promise<Scene> {
  const server = await startEmbedded({ ...parts, crds: crds() })
  ends(() => server.stop())
  const models = startModels(server.cluster, {
    groups: [{ name: 'workers', size: 4, replaceMs: 1_500 }],
    kubelet: { podStartMs: 300, podStopMs: 300, nodeReadyMs: 500 },
  })
  ends(() => models.stop())
  const api = connectTo({ server: server.url, token: () => server.token }, parts)
  ends(() => api.close())
  await furnish(api)
  const kubeconfig = join(folder, 'kubeconfig')
  writeFileSync(kubeconfig, server.kubeconfig())
  const node = await eventually(
    'modelled nodes',
    20_000,
    async () => (await listObjects<KubeObject>(api, nodes)).items[0]?.metadata.name,
  )

  const [controllerPort = 0] = await freePorts(1)
  const controllerAddress = `127.0.0.1:${controllerPort}`
  const start = (name: 'agent' | 'controller', bundle: string, args: readonly string[]) =>
    processes.start({
      name,
      command: process.execPath,
      args: [join(root, 'dist', bundle), ...args, `--kubeconfig=${kubeconfig}`],
    })
  start('controller', 'nodemend.cjs', [
    'controller',
    `--metrics-address=${controllerAddress}`,
    '--interval=500ms',
    '--settle=0s',
    '--providers=embedded',
  ])
  const machine = machineIn(join(folder, 'machine'))
  start('agent', 'agent.cjs', [
    `--hostname-override=${node}`,
    `--metrics-address=${agentIp}:8080`,
    `--host-root=${machine.root}`,
  ])
  return {
    podsKubeconfig: await podList(folder, agentIp, ends),
    node,
    controllerAddress,
    injectFault() {
      machine.log(3, 'NVRM: Xid (PCI:0000:3b:00): 79, pid=4242, name=train, GPU has fallen off the bus.')
      machine.log(11, 'NVRM: Xid (PCI:0000:3c:00): 31, pid=4242, name=drill, MMU fault')
    },
  }
}

/** A machine as a folder: a GPU, pressure information, connection tracking, and a file for its kernel log. */
function machineIn(folder: string) {
  const file = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const stalls = 'some avg10=0.00 avg60=0.10 avg300=0.00 total=1\nfull avg10=0.00 avg60=0.10 avg300=0.00 total=1\n'
  file('proc/sys/kernel/random/boot_id', '5f8c1d52-0000-4000-8000-000000000001\n')
  file('proc/uptime', '100.00 100.00\n')
  file('proc/pressure/memory', stalls)
  file('proc/pressure/io', stalls)
  file('proc/sys/net/netfilter/nf_conntrack_count', '1200\n')
  file('proc/sys/net/netfilter/nf_conntrack_max', '262144\n')
  // Counters of GPU reasons begin at 0 only where there is a GPU.
  const gpu = { vendor: '0x10de', class: '0x030200', device: '0x2330' }
  for (const [name, id] of Object.entries(gpu)) file(`sys/bus/pci/devices/0000:3b:00.0/${name}`, `${id}\n`)
  file('dev/kmsg', '')
  const startedAt = systemClock.monotonic()
  let sequence = 0
  return {
    root: folder,
    log(priority: number, text: string): void {
      const usec = Math.round((100_000 + systemClock.monotonic() - startedAt) * 1_000)
      appendFileSync(join(folder, 'dev/kmsg'), `${priority},${sequence++},${usec},-;${text}\n`)
    },
  }
}

/** An API server with the one pod that a discovery should find, and one that it should not. */
async function podList(folder: string, agentIp: string, ends: SceneOptions['ends']): Promise<string> {
  const server = await startEmbedded(parts)
  ends(() => server.stop())
  const api = connectTo({ server: server.url, token: () => server.token }, parts)
  for (const [name, app] of [
    ['nodemend-agent-x7k2p', 'nodemend'],
    ['other-8fj2c', 'other'],
  ] as const) {
    const made = await createObject<Body>(api, pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'kube-system', labels: { 'app.kubernetes.io/name': app } },
      spec: {
        containers: [{ name: 'main', image: 'example/main:1', ports: [{ name: 'probes', containerPort: 8081 }] }],
      },
    })
    const status = { phase: 'Running', podIP: agentIp, podIPs: [{ ip: agentIp }] }
    await replaceObject<Body>(
      api,
      pods,
      { namespace: 'kube-system', name },
      { ...made, status },
      { subresource: 'status' },
    )
  }
  api.close()
  const kubeconfig = join(folder, 'pods.kubeconfig')
  writeFileSync(kubeconfig, server.kubeconfig())
  return kubeconfig
}
