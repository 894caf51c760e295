/** Which nodes take the pods of which other ones, by their taints: made once per pass. */
import { isReady, type NodeView } from '../../model/node.ts'
import { hardTaint } from './foreign.ts'

/** Taints of the node's own state, whoever runs the cluster: a pod that stands one of them is no proof that others do. */
const states = ['node.kubernetes.io/', 'node.cloudprovider.kubernetes.io/', 'nodemend.dev/'] as const

/** Nodes that take pods, in groups of the same taints. */
export type Takers = ReadonlyMap<string, { readonly taints: readonly string[]; readonly uids: Set<string> }>

/** Groups the nodes that take pods. */
export function takersAmong(nodes: readonly NodeView[]): Takers {
  const groups = new Map<string, { readonly taints: readonly string[]; readonly uids: Set<string> }>()
  for (const node of nodes) {
    if (node.deleting || node.unschedulable || !isReady(node)) continue
    const keeping = node.taints.filter((taint) => taint.effect !== 'PreferNoSchedule')
    if (keeping.some((taint) => isState(taint.key))) continue
    const taints = keeping.map(textOf).sort()
    const key = taints.join()
    const group = groups.get(key) ?? { taints, uids: new Set() }
    group.uids.add(node.uid)
    groups.set(key, group)
  }
  return groups
}

/**
 * True when a node other than `node` and those `leaving` takes its pods: one without taints, or with no other ones than
 * the dedicated taints that its pods tolerate already.
 */
export function isTakenOver(takers: Takers, node: NodeView, leaving: ReadonlySet<string>): boolean {
  const own = new Set(node.taints.filter((taint) => !isState(taint.key)).map(textOf))
  for (const { taints, uids } of takers.values()) {
    if (!taints.every((taint) => own.has(taint))) continue
    for (const uid of uids) if (uid !== node.uid && !leaving.has(uid)) return true
  }
  return false
}

/** Says something about the node's state, or about what somebody does to it, and not about who may use it. */
function isState(key: string): boolean {
  return states.some((prefix) => key.startsWith(prefix)) || hardTaint(key)
}

function textOf({ key, value = '', effect }: NodeView['taints'][number]): string {
  return `${key}=${value}:${effect}`
}
