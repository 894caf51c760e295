/** Which node a drill may run on. Pure: nodes and open drills come in, a node or the reason against it comes out. */
import { conditionTypes } from '../../model/condition.ts'

/** What of a node the choice depends on. */
export interface DrillNode {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly deleting: boolean
  readonly unschedulable: boolean
  readonly taints: readonly { readonly key: string }[]
  readonly conditions: readonly { readonly type: string; readonly status: string; readonly reason: string }[]
}

export interface Limits {
  /** The label whose values are the failure domains. Nodes without it are one domain together. */
  readonly domainLabel: string
  /** Most nodes of one domain under drill at once. */
  readonly perDomain: number
}

export const usualLimits: Limits = { domainLabel: 'topology.kubernetes.io/zone', perDomain: 1 }

export type Choice = { readonly node: string } | { readonly refused: string }

/** Set on every node that this controller repairs. */
const repairing = 'nodemend.dev/repairing'
const controlPlane = 'node-role.kubernetes.io/control-plane'

/**
 * The node called `wanted`, or the first fit one by name. `drilled` are the nodes of open drills. A control-plane node
 * is taken only by name.
 */
export function chooseNode(
  nodes: readonly DrillNode[],
  drilled: readonly string[],
  wanted: string | undefined,
  limits: Limits = usualLimits,
): Choice {
  const named = nodes.filter(({ name }) => name === wanted)
  if (wanted !== undefined && named.length === 0) return { refused: `no node is called ${wanted}` }
  const candidates = wanted === undefined ? nodes.filter(({ labels }) => labels[controlPlane] === undefined) : named
  const answers = candidates
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map((node) => ({ node, against: unfit(node) ?? crowded(node, nodes, drilled, limits) }))
  const fit = answers.find(({ against }) => against === undefined)
  if (fit) return { node: fit.node.name }
  const reasons = answers.slice(0, 3).map(({ node, against }) => `${node.name}: ${against}`)
  return { refused: `no node is fit for a drill: ${reasons.join('; ') || 'there is none'}` }
}

/** Why nothing could be learned of the node, or it would be harmed. */
function unfit({ deleting, unschedulable, taints, conditions }: DrillNode): string | undefined {
  if (deleting) return 'it is being deleted'
  if (taints.some(({ key }) => key === repairing)) return 'it is being repaired'
  if (unschedulable) return 'it is cordoned'
  const ready = conditions.find(({ type }) => type === 'Ready')
  if (ready?.status !== 'True') return `Ready is ${ready?.status ?? 'not reported'}`
  const ours = conditionTypes.map((type) => conditions.find((one) => one.type === type))
  if (ours.every((one) => one === undefined)) return 'no agent reports its conditions'
  const sick = ours.find((one) => one?.status === 'False')
  return sick && `${sick.type} is False already (${sick.reason})`
}

/** Other nodes under drill in its failure domain, where they are as many as may be. */
function crowded(
  node: DrillNode,
  nodes: readonly DrillNode[],
  drilled: readonly string[],
  { domainLabel, perDomain }: Limits,
): string | undefined {
  const domain = node.labels[domainLabel] ?? ''
  const others = nodes.filter(
    ({ name, labels }) => name !== node.name && drilled.includes(name) && (labels[domainLabel] ?? '') === domain,
  )
  if (others.length < perDomain) return undefined
  const where = domain === '' ? `the nodes without ${domainLabel}` : `${domainLabel}=${domain}`
  return `${others.map(({ name }) => name).join(', ')} is under drill in ${where}, where at most ${perDomain} may be`
}
