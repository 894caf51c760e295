/** The disruption budgets of Karpenter's NodePools (karpenter.sh/v1), which bind our repairs of their nodes, too. */
import { parseDuration } from '../../catalog/duration.ts'
import { type KubeObject, nodePools } from '../../kube/api.ts'
import type { PoolBudgets, UnknownBudgets } from '../../model/node.ts'
import type { Budget } from '../../model/policy.ts'
import { readSchedule } from '../../model/schedule/schedule.ts'
import { providerKinds } from '../../providers/providers.ts'
import { readQuantity } from '../policy/amounts.ts'

const label = providerKinds.karpenter.poolLabel
const field = 'spec.disruption.budgets'
/** Karpenter sets it on a node that has joined with all that its NodeClaim asks for. */
const joinedLabel = 'karpenter.sh/initialized'

export interface NodePoolObject extends KubeObject {
  readonly spec?: { readonly disruption?: { readonly budgets?: readonly RawBudget[] } }
}

interface RawBudget {
  readonly nodes?: unknown
  readonly reasons?: readonly string[]
  readonly schedule?: string
  readonly duration?: string
}

/** What is kept of a watched NodePool. */
export interface WatchedPool extends KubeObject {
  readonly budgets: PoolBudgets
}

/** Reads the budgets of a NodePool. One mistake among them makes all of them allow nothing, as in Karpenter. */
export function readNodePool({ metadata, spec }: NodePoolObject): WatchedPool {
  const { name = '', uid = '', resourceVersion = '' } = metadata
  const object = `NodePool ${name}`
  const read = (spec?.disruption?.budgets ?? []).map((raw, index) => readBudget(raw, `${object} ${field}[${index}]`))
  const trouble = read.find((one) => typeof one === 'string')
  const budgets: PoolBudgets = {
    object,
    field,
    label,
    pool: name,
    joinedLabel,
    budgets: read.filter((one) => typeof one !== 'string'),
    ...(trouble !== undefined && { trouble }),
  }
  return { metadata: { name, uid, resourceVersion }, budgets }
}

/** What is said where NodePools may not be watched: then nobody knows what their budgets allow. */
export function unreadNodePools(remedy: string): UnknownBudgets {
  return {
    label,
    why: 'cannot tell what the budgets of its NodePool allow: NodePools may not be watched',
    change: `grant verbs "list" and "watch" on resource "${nodePools.plural}": ${remedy}`,
  }
}

/** A text says what is wrong with it, and where. */
function readBudget({ nodes, reasons, schedule, duration }: RawBudget, where: string): Budget | string {
  const quantity = readQuantity(String(nodes))
  if (!quantity) return `${where}.nodes is ${JSON.stringify(nodes)}: it is neither a count nor a share`
  const budget = { nodes: quantity, ...(reasons !== undefined && reasons.length > 0 && { reasons }) }
  if (schedule === undefined && duration === undefined) return budget
  if (schedule === undefined || duration === undefined)
    return `${where} has one of schedule and duration without the other`
  const read = readSchedule(schedule)
  if ('trouble' in read) return `${where}.schedule is ${JSON.stringify(schedule)}: ${read.trouble}`
  const durationMs = parseDuration(duration)
  if (durationMs === undefined) return `${where}.duration is ${JSON.stringify(duration)}: it is no duration`
  return { ...budget, window: { schedule: read.schedule, durationMs } }
}
