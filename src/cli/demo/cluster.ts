/** The demo's cluster: the embedded API server with modelled nodes, a workload with a budget, and a policy that acts. */

import { definitions } from '../../drill/control/definitions.ts'
import { startModels } from '../../embedded/model/models.ts'
import { type Embedded, startEmbedded } from '../../embedded/server.ts'
import { type Api, type KubeObject, podDisruptionBudgets, type Resource, repairPolicies } from '../../kube/api.ts'
import { createObject } from '../../kube/objects.ts'
import type { Io } from '../io.ts'

/** Nodes of the modelled group. */
const groupSize = 4
const replicas = 8
/** Of these so many may be away at a time: the drain has to wait for it. */
const mayBeAway = 2

export interface DemoCluster {
  readonly server: Embedded
  stop(): Promise<void>
}

/** Starts server and models. Nothing of it leaves this process but the loopback port. */
export async function startDemoCluster(io: Io): Promise<DemoCluster> {
  const server = await startEmbedded({ clock: io.clock, random: io.random, crds: definitions() })
  const models = startModels(server.cluster, {
    groups: [{ name: 'workers', size: groupSize, replaceMs: 1_500 }],
    kubelet: { podStartMs: 300, podStopMs: 300, nodeReadyMs: 500 },
  })
  return {
    server,
    async stop() {
      models.stop()
      await server.stop()
    },
  }
}

const deployments: Resource = {
  group: 'apps',
  version: 'v1',
  plural: 'deployments',
  kind: 'Deployment',
  namespaced: true,
}

/** An object with whatever fields its kind has. */
type Body = KubeObject & Readonly<Record<string, unknown>>

/** Creates what the demo repairs: a deployment with a budget, and a policy that acts within seconds. */
export async function furnish(api: Api): Promise<void> {
  const labels = { app: 'shop' }
  await createObject<Body>(api, deployments, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'shop', namespace: 'default' },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'shop', image: 'example/shop:1' }] } },
    },
  })
  await createObject<Body>(api, podDisruptionBudgets, {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'shop', namespace: 'default' },
    spec: { maxUnavailable: mayBeAway, selector: { matchLabels: labels } },
  })
  await createObject<Body>(api, repairPolicies, {
    apiVersion: 'nodemend.dev/v1alpha1',
    kind: 'RepairPolicy',
    metadata: { name: 'demo' },
    spec: {
      mode: 'Enforce',
      match: [{ condition: 'AcceleratedHardwareReady' }, { condition: 'KernelReady' }, { condition: 'StorageReady' }],
      toleration: '1s',
      action: 'Replace',
      budgets: [{ nodes: '1' }],
      restraint: { dwell: '2s' },
    },
  })
}
