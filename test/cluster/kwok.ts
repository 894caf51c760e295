/** Modelled nodes and pods: kwok writes their status in place of a kubelet, by the stages in stages.yaml. */

import { join } from 'node:path'
import type { ControlPlane } from './control-plane.ts'
import type { Running } from './process/processes.ts'
import { eventually } from './wait.ts'

export interface ModelledNode {
  readonly name: string
  readonly labels?: Readonly<Record<string, string>>
  /** Capacity and allocatable; default 16 CPUs, 64 GiB, 110 pods. */
  readonly capacity?: Readonly<Record<string, string>>
}

interface NodeList {
  readonly items: readonly { metadata: { name: string }; status: { conditions?: readonly Condition[] } }[]
}

interface Condition {
  readonly type: string
  readonly status: string
}

/** Starts kwok for every node of the cluster, those of Karpenter included. It ends with the cluster. */
export function startKwok(cluster: ControlPlane): Running {
  return cluster.processes.start({
    name: 'kwok',
    command: cluster.tools.kwok,
    args: [
      `--kubeconfig=${cluster.kubeconfig('admin')}`,
      `--config=${join(import.meta.dirname, 'stages.yaml')}`,
      '--manage-all-nodes=true',
      '--node-lease-duration-seconds=40',
    ],
  })
}

/** Creates `nodes` and waits until kwok has made each of them ready. */
export async function addNodes(cluster: ControlPlane, nodes: readonly ModelledNode[]): Promise<void> {
  for (const { name, labels, capacity } of nodes) {
    const body = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
      ...(capacity === undefined ? {} : { status: { capacity, allocatable: capacity } }),
    }
    const answer = await cluster.admin.send({ method: 'POST', path: '/api/v1/nodes', body })
    if (answer.status !== 201) throw new Error(`creating node ${name}: ${JSON.stringify(answer.body)}`)
  }
  const wanted = nodes.map((node) => node.name)
  await eventually(`${wanted.length} modelled nodes to be ready`, 30_000, async () => {
    const ready = await readyNodes(cluster)
    return wanted.every((name) => ready.includes(name))
  })
}

/** Names of the nodes whose Ready is True; `selector` is a label selector. */
export async function readyNodes(cluster: ControlPlane, selector = ''): Promise<string[]> {
  const list = await cluster.admin.get<NodeList>(`/api/v1/nodes?labelSelector=${encodeURIComponent(selector)}`)
  return list.items
    .filter(({ status }) => status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True'))
    .map(({ metadata }) => metadata.name)
}
