/**
 * Which nodes are disrupted, each once: those under repair, and as in Karpenter those that are being deleted or not Ready. A
 * sick node that waits for its own repair does not count: it would use up the budget that it needs.
 */
import { type ClaimView, type ClusterSnapshot, conditionOf, isReady, type NodeView } from '../../../model/node.ts'
import { type Attempt, isInFlight } from '../../../model/repair.ts'
import type { Candidate } from '../candidate.ts'
import { foreignOwner } from '../foreign.ts'
import type { Placed } from './place.ts'

/** A node that has never been Ready within this time after it joined counts: before that it is new capacity. */
const joiningMs = 20 * 60_000

export interface Disrupted {
  readonly uid: string
  /** `node-2`, or `node-2, which is not Ready`. */
  readonly text: string
  readonly placed: Placed
  /** True for a repair of ours, which counts wherever its node was. */
  readonly ours: boolean
  /** The policy of that repair. */
  readonly policy?: string
}

interface Facts {
  readonly snapshot: ClusterSnapshot
  readonly records: readonly Attempt[]
  readonly sick: ReadonlyMap<string, Candidate>
  readonly now: number
}

/** Every disrupted node. A repair that is blocked in its drain has lent its slot to the next one. */
export function disruptedIn({ snapshot, records, sick, now }: Facts): readonly Disrupted[] {
  const nodes = new Map(snapshot.nodes.map((node) => [node.uid, node]))
  const flying = records.filter((one) => isInFlight(one.phase))
  const spoken = new Set([
    ...flying.flatMap((one) => [one.nodeUid, ...(one.successor ? [one.successor.uid] : [])]),
    ...records.filter((one) => one.phase === 'Blocked').map((one) => one.nodeUid),
  ])
  const leaving = leavingClaims(snapshot.claims)
  const away = snapshot.nodes.flatMap((node): readonly Disrupted[] => {
    if (spoken.has(node.uid)) return []
    const why = whyAway(node, { snapshot, sick, now, leaving })
    return why === undefined ? [] : [{ uid: node.uid, text: `${node.name}, which ${why}`, placed: node, ours: false }]
  })
  const repaired = flying.map(({ nodeUid, nodeName, nodeLabels, plan }): Disrupted => {
    const image = nodes.get(nodeUid)?.image
    return {
      uid: nodeUid,
      text: nodeName,
      placed: { labels: nodeLabels, ...(image !== undefined && { image }) },
      ours: true,
      ...(plan && { policy: plan.policy }),
    }
  })
  return [...repaired, ...away].sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0))
}

interface AwayFacts extends Omit<Facts, 'records'> {
  readonly leaving: (node: NodeView) => boolean
}

function whyAway(node: NodeView, { snapshot, sick, now, leaving }: AwayFacts): string | undefined {
  if (node.deleting) return 'is being deleted'
  if (leaving(node)) return 'is being deleted with its NodeClaim'
  if (isReady(node) || isJoining(node, now)) return undefined
  if (sick.has(node.uid) && foreignOwner(node, snapshot) === undefined) return undefined
  return 'is not Ready'
}

function isJoining(node: NodeView, now: number): boolean {
  return now - node.createdAt < joiningMs && conditionOf(node, 'Ready')?.watched?.True === undefined
}

/** Answers whether Karpenter deletes the node; a claim names its node before it has a machine. */
function leavingClaims(claims: readonly ClaimView[]): (node: NodeView) => boolean {
  const deleting = claims.filter((one) => one.deleting)
  const machines = new Set(deleting.flatMap(({ providerId }) => providerId ?? []))
  const names = new Set(
    deleting.flatMap(({ providerId, nodeName }) => (providerId === undefined ? (nodeName ?? []) : [])),
  )
  return ({ providerId, name }) => (providerId !== undefined && machines.has(providerId)) || names.has(name)
}
