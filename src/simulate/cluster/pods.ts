/** Puts a scenario's pods and their owners into its cluster. */

import { timestamp } from '../../embedded/cluster.ts'
import { ApiFailure } from '../../embedded/failure.ts'
import type { ApiObject, JsonObject } from '../../embedded/json.ts'
import { textAt, withAt } from '../../embedded/json.ts'
import { controlledBy, withCondition } from '../../embedded/model/conditions.ts'
import { fitsAny } from '../scenario/parts.ts'
import type { PodGroup } from '../scenario/schema.ts'
import { podBody, workloadBody } from './bodies.ts'
import type { VirtualCluster } from './virtual-cluster.ts'

const plurals = { ReplicaSet: 'replicasets', StatefulSet: 'statefulsets', DaemonSet: 'daemonsets' } as const

/** The pods run at once, as in a cluster that has been there for a while. */
export function putPods(cluster: VirtualCluster, group: PodGroup): void {
  const names = cluster.list('nodes').map((node) => node.metadata.name)
  const nodes = names.filter((name) => fitsAny(name, group.nodes))
  if (nodes.length === 0) throw new ApiFailure(404, 'NotFound', `no node is called ${[group.nodes].flat().join(', ')}`)
  const total = nodes.length * group.count
  const owner = ownerOf(cluster, group, total)
  if (group.owner === 'DaemonSet') return // its controller puts one on each node
  let index = 0
  for (const node of nodes) {
    for (let count = 0; count < group.count; count++) {
      const name = total === 1 && group.owner !== 'StatefulSet' ? group.name : `${group.name}-${index}`
      index++
      const reference = group.owner === 'Node' ? nodeReference(cluster, node) : owner
      run(cluster, group, cluster.create('pods', podBody(group, name, node, reference), group.namespace))
    }
  }
}

/** The reference to the workload that starts the pods again; undefined where nothing does. */
function ownerOf(cluster: VirtualCluster, group: PodGroup, replicas: number): JsonObject | undefined {
  switch (group.owner) {
    case 'none':
    case 'Node':
      return undefined
    case 'Job':
      return controlledBy(standIn(cluster, group))
    default:
      return controlledBy(cluster.create(plurals[group.owner], workloadBody(group, replicas), group.namespace))
  }
}

/** The server has no Jobs: an object that owns the pods and starts none, as a Job that has run. */
function standIn(cluster: VirtualCluster, { name, namespace }: PodGroup): ApiObject {
  return cluster.create('configmaps', { metadata: { name: `job-${name}` } }, namespace)
}

function nodeReference(cluster: VirtualCluster, name: string): JsonObject {
  const node = cluster.get('nodes', name)
  return { apiVersion: 'v1', kind: 'Node', name, uid: node?.metadata.uid ?? '', controller: true }
}

function run(cluster: VirtualCluster, group: PodGroup, pod: ApiObject): void {
  if (group.phase === 'Pending') return
  const now = timestamp(cluster.clock)
  cluster.change(pod, 'pods', (live) => asRunning(live, group, now), 'status')
}

function asRunning(pod: ApiObject, { phase, unready }: PodGroup, now: string): ApiObject {
  const status = { ...(textAt(pod, 'status', 'phase') === '' ? {} : (pod.status as JsonObject)), phase, startTime: now }
  const running = phase === 'Running'
  const ready = { type: 'Ready', status: running && !unready ? 'True' : 'False', reason: '', message: '' } as const
  return withCondition(withAt(pod, ['status'], status), ready, now)
}
