/** Whether the budgets have room for one more repair: those of the policies, and those of the node's NodePool. */
import { resolveQuantity } from '../../../model/policy.ts'
import { type BudgetAnswer, hasRoom, type Room } from '../budget/budget.ts'
import type { PolicyScope } from '../cluster-index.ts'
import { allow, at, type Gate, refuse, wait } from '../gate.ts'

/**
 * Nothing new starts while this many repairs are blocked, or this share of the nodes (rounded up) if that is less. The
 * share only matters in a pair: a limit of one lends nothing, because the first blocked repair already reaches it, and
 * with a tenth of the nodes one stuck drain held up every pool of ten or fewer.
 */
const blockedLimit = 2
const blockedShare = { value: 50, percent: true }
/** More disrupted nodes than this are counted. */
const mostNamed = 3

export const budget: Gate = {
  name: 'budget',
  ask({ candidate: { policy, node }, index, admitted }) {
    const answer = index.budgets.ask(policy, node, admitted)
    const { tightest: room, unknown } = answer
    if (unknown) return refuse(unknown.why, unknown.change)
    if (room.trouble !== undefined) {
      return refuse(`${room.trouble}; a budget that cannot be read allows nothing, as in Karpenter`, 'it is corrected')
    }
    const said = roomText(answer)
    if (room.limit === 0 && room.endsAt === undefined)
      return refuse(said, `a budget above 0 in place of ${room.budget}`)
    const { blocked, nodes } = index.scopeOf(policy)
    const most = mostBlocked(nodes)
    if (blocked >= most) {
      return wait(
        `${blocked} repairs are blocked in their drain, at most ${most} may be`,
        'a blocked repair goes on or ends',
      )
    }
    if (hasRoom(answer)) return allow(said)
    return wait(said, changeText(room), answer.changesAt)
  },
}

function mostBlocked(nodes: PolicyScope['nodes']): number {
  return Math.min(blockedLimit, Math.max(1, resolveQuantity(blockedShare, nodes)))
}

/** Which budget, its number, who is disrupted, and when a schedule changes the answer. */
export function roomText({ tightest, changesAt }: BudgetAnswer): string {
  const { budget, place, nodes, limit, countsOthers, disrupted } = tightest
  const what = countsOthers ? 'disrupted' : 'under repair'
  const named = disrupted.slice(0, mostNamed)
  const more = disrupted.length > mostNamed ? [`${disrupted.length - mostNamed} more`] : []
  const who = disrupted.length === 0 ? '' : ` (${[...named, ...more].join('; ')})`
  const next = changesAt === undefined ? '' : `; a schedule changes this next at ${at(changesAt)}`
  return `at most ${limit} of ${nodes} nodes of ${place} may be ${what} (${budget}), ${disrupted.length === 1 ? '1 is' : `${disrupted.length} are`}${who}${next}`
}

function changeText({ limit, countsOthers, endsAt }: Room): string {
  const ends = endsAt === undefined ? [] : [`the budget’s window ends at ${at(endsAt)}`]
  return [...(limit > 0 ? [countsOthers ? 'a disrupted node is back' : 'a repair in flight ends'] : []), ...ends].join(
    ', or ',
  )
}
