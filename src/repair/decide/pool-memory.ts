/** What the last repairs of a pool did to it: machines that never came, and repairs in a row that did not help. */
import { isReady, type NodeView } from '../../model/node.ts'
import { earliest } from '../../model/own-time.ts'
import { type Attempt, enteredAt, phaseSince } from '../../model/repair.ts'
import type { Candidate } from './candidate.ts'
import { countsLater, windowMs } from './ladder.ts'

/** A machine that has not come for this long counts as missing while its repair still waits for it. */
const overdueMs = 5 * 60_000
/** A missing machine is remembered this long: as long as its record is kept. */
export const missingMs = 7 * 24 * 3_600_000

export interface PoolMemory {
  /** Repairs that took a machine away for which none has joined, oldest first. */
  readonly missing: readonly Attempt[]
  /** Repairs that failed within a day with a new machine that is there and not ready, oldest first. */
  readonly unready: readonly Attempt[]
  /** By condition: the newest replacements, newest first, back to the last one that helped. */
  readonly inRow: ReadonlyMap<string, readonly Attempt[]>
}

export const nothingRemembered: PoolMemory = { missing: [], unready: [], inRow: new Map() }

/** By pool, as `poolOf` names it from a node's labels and a policy. `sick` are the nodes that some rule matches. */
export function rememberPools(
  records: readonly Attempt[],
  nodes: readonly NodeView[],
  sick: ReadonlyMap<string, Candidate>,
  poolOf: (labels: NodeView['labels'], policy: string) => string,
  now: number,
): ReadonlyMap<string, PoolMemory> {
  const took = records.filter((one) => one.plan?.action === 'Replace' && one.forgivenBy === undefined)
  if (took.length === 0) return new Map()
  const present = new Set(nodes.map((node) => node.uid))
  const absent = took.filter((one) => isMissing(one, present, now)).sort((a, b) => takenAt(a) - takenAt(b))
  const keyOf = (one: Attempt): string => poolOf(one.nodeLabels, one.plan?.policy ?? '')
  const missing = Map.groupBy(absent, keyOf)
  const idle = new Set(nodes.filter((node) => !isReady(node)).map((node) => node.uid))
  // A node that falls silent days later is a sick node, and no machine that never came.
  const lately = took.filter((one) => one.phase === 'Failed' && now - phaseSince(one) < windowMs)
  const unready = Map.groupBy(
    lately.filter((one) => one.successor && idle.has(one.successor.uid)),
    keyOf,
  )
  const young = absent[0] ? joinedSince(takenAt(absent[0]), nodes, records) : []
  return new Map(
    [...Map.groupBy(took, keyOf)].map(([pool, mine]) => {
      const short = missing.get(pool) ?? []
      const policy = short[0]?.plan?.policy ?? ''
      const joined = short.length === 0 ? [] : young.filter((node) => poolOf(node.labels, policy) === pool)
      const lame = [...(unready.get(pool) ?? [])].sort((a, b) => takenAt(a) - takenAt(b))
      return [pool, { missing: notReplaced(short, joined), unready: lame, inRow: inRow(mine, sick, now) }] as const
    }),
  )
}

/** Nodes that joined since then and count as nobody's successor. */
function joinedSince(ms: number, nodes: readonly NodeView[], records: readonly Attempt[]): readonly NodeView[] {
  const successors = new Set(records.flatMap((one) => (one.successor ? [one.successor.uid] : [])))
  return nodes.filter((node) => node.createdAt >= ms && !successors.has(node.uid))
}

/** The old node is gone, no other one was found for it, and it was waited for. */
function isMissing(one: Attempt, present: ReadonlySet<string>, now: number): boolean {
  if (one.successor || present.has(one.nodeUid) || enteredAt(one, 'Committing') === undefined) return false
  if (one.phase === 'Failed') return now - phaseSince(one) < missingMs
  return one.phase === 'Observing' && now - phaseSince(one) >= overdueMs
}

/** By the API server's clock, as the creation of nodes. */
function takenAt(one: Attempt): number {
  return earliest(one, enteredAt(one, 'Committing') ?? one.createdAt)
}

/** Each node that joined later makes up for one machine, the oldest first. */
function notReplaced(absent: readonly Attempt[], joined: readonly NodeView[]): readonly Attempt[] {
  const open = joined.map((node) => node.createdAt).sort((a, b) => a - b)
  return absent.filter((one) => {
    const index = open.findIndex((createdAt) => createdAt >= takenAt(one))
    if (index < 0) return true
    open.splice(index, 1)
    return false
  })
}

function inRow(
  mine: readonly Attempt[],
  sick: ReadonlyMap<string, Candidate>,
  now: number,
): ReadonlyMap<string, readonly Attempt[]> {
  const ended = mine.filter((one) => countsLater(one) && committed(one) && now - phaseSince(one) < windowMs)
  const byCondition = Map.groupBy(ended, (one) => one.plan?.condition ?? '')
  return new Map(
    [...byCondition].map(([condition, all]) => {
      const newest = all.sort((a, b) => phaseSince(b) - phaseSince(a) || (a.name < b.name ? -1 : 1))
      const helped = newest.findIndex((one) => one.phase === 'Succeeded' && !cameBack(one, sick))
      return [condition, helped < 0 ? newest : newest.slice(0, helped)] as const
    }),
  )
}

/** Its machine was to be taken away: a drain that a budget has blocked says nothing about the machines of the pool. */
function committed(one: Attempt): boolean {
  return one.phase !== 'Cancelled' && enteredAt(one, 'Committing') !== undefined
}

/** True when the node on which it was proven is sick with the same condition again. */
function cameBack({ successor, plan }: Attempt, sick: ReadonlyMap<string, Candidate>): boolean {
  return successor !== undefined && sick.get(successor.uid)?.condition.type === plan?.condition
}
