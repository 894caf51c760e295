/** What a new node still lacks to be of use in its pool, judged by the older nodes of it. */
import { conditionTypes, saysHealthy } from '../../model/condition.ts'
import { type ClusterSnapshot, conditionOf, type NodeView, type Taint } from '../../model/node.ts'
import type { Plan } from '../../model/repair.ts'
import { isOwnTaint } from '../act/taint.ts'
import { poolKey } from '../decide/pool-name.ts'

/** Taints that are there for a start alone, where the pool has no other node to compare with; prefixes end in `/`. */
const startUp = ['node.kubernetes.io/', 'node.cloudprovider.kubernetes.io/', 'readiness.k8s.io/', 'karpenter.sh/']
const startUpName = '/agent-not-ready'

/**
 * Why `node` proves nothing yet although it is ready: it is cordoned, it has a taint that most older nodes of its pool do
 * not have, or no detector reports on it what is reported healthy on most of them. Undefined where nothing is missing.
 */
export function lackOf(node: NodeView, plan: Plan, snapshot: ClusterSnapshot): string | undefined {
  if (node.unschedulable) return `${node.name} is cordoned (spec.unschedulable)`
  const key = poolKey(node.labels, snapshot)
  const older = snapshot.nodes.filter((one) => one.createdAt < node.createdAt && poolKey(one.labels, snapshot) === key)
  const most = (has: (one: NodeView) => boolean): boolean => older.filter(has).length > older.length / 2
  const taint = node.taints.find((one) => {
    if (one.effect === 'PreferNoSchedule' || isOwnTaint(one)) return false
    return older.length === 0 ? isForStart(one) : !most((other) => other.taints.some((its) => isSame(its, one)))
  })
  if (taint)
    return `${node.name} still has taint ${taint.key}:${taint.effect}, which other nodes of its pool do not have`
  const reported = new Set([...(plan.condition === 'Ready' ? [] : [plan.condition]), ...conditionTypes])
  const isHealthy = (other: NodeView, type: string): boolean =>
    saysHealthy(type, conditionOf(other, type)?.status, type === plan.condition ? plan.status : 'False')
  const silent = [...reported].find((type) => !isReported(node, type) && most((other) => isHealthy(other, type)))
  return silent && `no detector reports ${silent} of ${node.name}, as one does of the other nodes of its pool`
}

function isForStart({ key }: Taint): boolean {
  return key.endsWith(startUpName) || startUp.some((prefix) => key.startsWith(prefix))
}

function isSame(a: Taint, b: Taint): boolean {
  return a.key === b.key && a.effect === b.effect
}

function isReported(node: NodeView, type: string): boolean {
  const status = conditionOf(node, type)?.status
  return status === 'True' || status === 'False'
}
