/** Other sick nodes that may host a gang of the node that is drained, and what becomes of the marks on them. */
import type { ClusterSnapshot, NodeView } from '../../../model/node.ts'
import { isReady } from '../../../model/node.ts'
import { type Attempt, isFinished } from '../../../model/repair.ts'
import { gangMarkKey } from '../taint.ts'

/** What makes a repair wait for its turn alone: with any other answer the node is left alone. */
const paceGates: readonly string[] = ['breaker', 'budget']

export interface GangPeer {
  readonly name: string
  readonly uid: string
  /** `waits`: it would be repaired now but for its turn. `begins`: admitted, and its taint is not on it yet. */
  readonly state: 'waits' | 'begins'
  /** It carries our mark already. */
  readonly marked: boolean
  /** Why it must be left alone after all, by what the API server says now. */
  readonly objection: () => Promise<string | undefined>
}

/** The peers of `attempt`; `objection` asks for a last look at a node. */
export function gangPeers(
  attempt: Attempt,
  { nodes }: ClusterSnapshot,
  records: readonly Attempt[],
  objection: (node: NodeView) => Promise<string | undefined>,
): readonly GangPeer[] {
  const byUid = new Map(nodes.map((node) => [node.uid, node]))
  return records.flatMap((record) => {
    const node = byUid.get(record.nodeUid)
    if (!node || node.uid === attempt.nodeUid || node.deleting || !isReady(node)) return []
    const state = waitsForItsTurn(record) ? 'waits' : record.phase === 'Preparing' ? 'begins' : undefined
    if (!state) return []
    const marked = node.taints.some(({ key }) => key === gangMarkKey)
    return [{ name: node.name, uid: node.uid, state, marked, objection: () => objection(node) }]
  })
}

/** True where every gate but those of the pace lets the repair begin. */
export function waitsForItsTurn({ phase, decision }: Attempt): boolean {
  if (phase !== 'Pending' || decision?.outcome !== 'wait') return false
  return decision.gates.every(
    ({ gate, answer }) => answer === 'allow' || (answer === 'wait' && paceGates.includes(gate)),
  )
}

/** Marks on nodes whose repair neither waits for its turn nor is under way: nothing keeps a gang off them any more. */
export function strayMarks(nodes: readonly NodeView[], records: readonly Attempt[]): readonly NodeView[] {
  const open = new Set(
    records
      .filter((one) => waitsForItsTurn(one) || (one.phase !== 'Pending' && !isFinished(one.phase)))
      .map((one) => one.nodeUid),
  )
  return nodes.filter((node) => !node.deleting && !open.has(node.uid) && isMarked(node))
}

function isMarked({ taints }: NodeView): boolean {
  return taints.some(({ key }) => key === gangMarkKey)
}
