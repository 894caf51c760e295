/** Where a node is: the groups of nodes that a budget may count together. */
import type { NodeView } from '../../../model/node.ts'
import type { BudgetScope } from '../../../model/policy.ts'
import { poolName } from '../pool-name.ts'

export const zoneLabel = 'topology.kubernetes.io/zone'
const typeLabel = 'node.kubernetes.io/instance-type'

/** As much of a node as says where it is; also of a node that is gone, whose image nobody knows any more. */
export type Placed = Pick<NodeView, 'labels' | 'image'>

/** Every scope but `Selected`, which is no place. */
export type PlaceScope = Exclude<BudgetScope, 'Selected'>

export interface Place {
  /** The same for all nodes of one place. */
  readonly key: string
  /** In words that follow "nodes of". */
  readonly text: string
}

/** The place of a node within a scope; undefined where it is not known. Nodes without the label are one place. */
export function placeOf(
  { labels, image }: Placed,
  scope: PlaceScope,
  label: string,
  poolLabels: readonly string[],
): Place | undefined {
  switch (scope) {
    case 'Pool': {
      const pool = poolName(labels, '', poolLabels)
      return { key: pool, text: pool === 'policy ' ? 'no pool' : `pool ${pool.slice(pool.indexOf('=') + 1)}` }
    }
    case 'Zone':
      return labelled(labels, zoneLabel, 'zone')
    case 'InstanceType':
      return labelled(labels, typeLabel, 'instance type')
    case 'Label':
      return labelled(labels, label, label)
    case 'Image':
      return image === undefined ? undefined : { key: image, text: `image ${image}` }
    case 'Cluster':
      return { key: '', text: 'the cluster' }
  }
}

function labelled(labels: NodeView['labels'], label: string, name: string): Place {
  const value = labels[label]
  return value === undefined ? { key: '', text: `no ${name}` } : { key: `=${value}`, text: `${name} ${value}` }
}
