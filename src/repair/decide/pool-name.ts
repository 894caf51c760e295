/** Which pool a node is in, by its labels. */
import type { ClusterSnapshot, NodeView } from '../../model/node.ts'

/** Labels of clouds that name a node's pool. Those of our providers, which the snapshot names, come before them. */
const cloudPools = ['eks.amazonaws.com/nodegroup', 'cloud.google.com/gke-nodepool', 'kubernetes.azure.com/agentpool']

/** Names the pool of a node by its labels alone; nodes without a pool are one. */
export function poolKey(labels: NodeView['labels'], snapshot: Pick<ClusterSnapshot, 'poolLabels'>): string {
  return poolName(labels, '', poolLabelsOf(snapshot))
}

export function poolLabelsOf({ poolLabels }: Pick<ClusterSnapshot, 'poolLabels'>): readonly string[] {
  return [...poolLabels, ...cloudPools]
}

export function hasPool(labels: NodeView['labels'], poolLabels: readonly string[]): boolean {
  return poolLabels.some((key) => labels[key] !== undefined)
}

/** `LABEL=VALUE` of its pool; without one the policy's selection is the only group that we know of. */
export function poolName(labels: NodeView['labels'], policy: string, poolLabels: readonly string[]): string {
  const key = poolLabels.find((one) => labels[one] !== undefined)
  return key ? `${key}=${labels[key]}` : `policy ${policy}`
}
