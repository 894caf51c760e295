/** All modelled controllers of a cluster without real machines. */
import type { Cluster } from '../cluster.ts'
import { startDisruption } from './disruption.ts'
import { startEventExpiry } from './event-expiry.ts'
import { type KubeletOptions, startKubelets } from './kubelet.ts'
import { startGarbage, startNamespaces } from './namespaces.ts'
import { type NodeGroupOptions, startNodeGroup } from './node-group.ts'
import { type NodeLifecycleOptions, startNodeLifecycle } from './node-lifecycle.ts'
import { type Model, together } from './reconciler.ts'
import { startScheduler } from './scheduler.ts'
import { startWorkloads } from './workload.ts'

export interface ModelOptions {
  readonly groups?: readonly NodeGroupOptions[]
  readonly kubelet?: KubeletOptions
  readonly nodeLifecycle?: NodeLifecycleOptions
}

/** Starts all of them; `stop` ends all. */
export function startModels(cluster: Cluster, options: ModelOptions = {}): Model {
  return together(
    startNamespaces(cluster),
    ...(options.groups ?? []).map((group) => startNodeGroup(cluster, group)),
    startKubelets(cluster, options.kubelet),
    startNodeLifecycle(cluster, options.nodeLifecycle),
    startScheduler(cluster),
    startWorkloads(cluster),
    startDisruption(cluster),
    startGarbage(cluster),
    startEventExpiry(cluster),
  )
}
