/** Workloads that make nodes: a Deployment with pod anti-affinity, so that each pod needs a node of its own. */

import type { ControlPlane } from './control-plane.ts'
import { POOL } from './karpenter.ts'
import { readyNodes } from './kwok.ts'
import { eventually } from './wait.ts'

export interface Fleet {
  readonly nodes: readonly string[]
}

export interface FleetOptions {
  /** How long a deleted pod takes to end; see stages.yaml. */
  readonly terminationMs?: number
  /** Labels of the nodes the pods may run on. */
  readonly nodeSelector?: Readonly<Record<string, string>>
}

interface Deployment {
  readonly status: { readonly readyReplicas?: number }
}

const NAME = 'web'

/** Has Karpenter make `replicas` nodes by deploying as many pods; resolves to the nodes when all pods run. */
export async function growFleet(cluster: ControlPlane, replicas: number): Promise<Fleet> {
  await deployFleet(cluster, replicas, { nodeSelector: { 'karpenter.sh/nodepool': POOL } })
  return { nodes: await readyNodes(cluster, 'karpenter.sh/nodepool') }
}

/** Deploys `replicas` pods, one to a node, with a disruption budget of one, and waits until all run. */
export async function deployFleet(cluster: ControlPlane, replicas: number, options: FleetOptions = {}): Promise<void> {
  const labels = { app: NAME }
  await cluster.admin.apply(deploymentPath(), {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: NAME },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels, annotations: { 'nodemend.dev/test-termination': `${options.terminationMs ?? 0}ms` } },
        spec: {
          terminationGracePeriodSeconds: 1,
          nodeSelector: options.nodeSelector ?? {},
          containers: [{ name: NAME, image: 'example.invalid/web', resources: { requests: { cpu: '100m' } } }],
          affinity: {
            podAntiAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: [
                { labelSelector: { matchLabels: labels }, topologyKey: 'kubernetes.io/hostname' },
              ],
            },
          },
        },
      },
    },
  })
  await cluster.admin.apply('/apis/policy/v1/namespaces/default/poddisruptionbudgets/web', {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: NAME },
    spec: { maxUnavailable: 1, selector: { matchLabels: labels } },
  })
  await eventually(`${replicas} pods to run`, 60_000, () => allRun(cluster, replicas))
}

/** Whether the fleet's Deployment has all its pods running. */
export async function allRun(cluster: ControlPlane, replicas: number): Promise<boolean> {
  const { status } = await cluster.admin.get<Deployment>(deploymentPath())
  return status.readyReplicas === replicas
}

function deploymentPath(): string {
  return `/apis/apps/v1/namespaces/default/deployments/${NAME}`
}
