/**
 * How many nodes may be disrupted at once, by the budgets of our policies and of Karpenter's NodePools; the tightest one
 * counts. Asked by the budget gate, and before a blocked repair goes on. docs/adr/0048-budgets.md.
 */
import { forbids } from '../../../model/action.ts'
import { type ClusterSnapshot, type PoolBudgets, selects, type UnknownBudgets } from '../../../model/node.ts'
import { type Budget, limitsRepairs, type Policy, quantityText, resolveQuantity } from '../../../model/policy.ts'
import type { Attempt } from '../../../model/repair.ts'
import { type WindowState, windowState } from '../../../model/schedule/window.ts'
import type { Candidate } from '../candidate.ts'
import { poolLabelsOf } from '../pool-name.ts'
import { type Disrupted, disruptedIn } from './disrupted.ts'
import { once } from './once.ts'
import { type Placed, placeOf } from './place.ts'

/** Applies where no budget of a policy limits repairs now: Karpenter's default. */
const defaultBudget: Budget = { nodes: { value: 10, percent: true } }

/** What one budget that is active now leaves. */
export interface Room {
  /** Whose it is and what it says: `policy kernel spec.budgets[0]: 10%`. */
  readonly budget: string
  /** Which nodes it counts, in words that follow "nodes of". */
  readonly place: string
  readonly nodes: number
  readonly limit: number
  /** True where nodes count that others disrupt, too. */
  readonly countsOthers: boolean
  /** Who counts as disrupted: `node-2`, or `node-2, which is not Ready`. */
  readonly disrupted: readonly string[]
  /** When its schedule ends it; absent where it has none. */
  readonly endsAt?: number
  /** What is wrong with it; then it allows nothing. */
  readonly trouble?: string
}

/** What the budgets say about one more repair. */
export interface BudgetAnswer {
  /** The tightest budget: the one with the least room left. */
  readonly tightest: Room
  readonly others: readonly Room[]
  /** When a schedule of one of them begins or ends next. */
  readonly changesAt?: number
  /** Budgets that bind the node and cannot be read. */
  readonly unknown?: UnknownBudgets
}

/** A repair that was let through earlier in the pass. */
export interface Taken {
  readonly candidate: Candidate
  /** False where the policy only observes: it takes a slot from its own policy alone. */
  readonly acting: boolean
}

export interface Budgets {
  /** About one more repair of a node by a policy. */
  ask(policy: Policy, node: Placed, taken: readonly Taken[]): BudgetAnswer
}

interface Facts {
  readonly snapshot: ClusterSnapshot
  readonly policies: readonly Policy[]
  readonly records: readonly Attempt[]
  readonly sick: ReadonlyMap<string, Candidate>
  readonly now: number
}

/** True when one more repair fits into every budget. */
export function hasRoom({ tightest, unknown }: BudgetAnswer): boolean {
  return unknown === undefined && left(tightest) > 0
}

/** The budgets of one moment. What they count is counted when they are first asked. */
export function indexBudgets(facts: Facts): Budgets {
  const { snapshot, policies } = facts
  const disrupted = once(() => disruptedIn(facts))
  const counts = new Map<string, Counts>()
  const states = new Map<Budget, WindowState>()
  const count = (circle: Circle): Counts => {
    const { key, shares } = circle
    const known = counts.get(key)
    if (known) return known
    const nodes = snapshot.nodes.filter(shares).length
    const made = { nodes, disrupted: disrupted().filter((one) => countsIn(circle, one)) }
    counts.set(key, made)
    return made
  }
  const stateOf = (budget: Budget): WindowState => {
    const known = states.get(budget) ?? (budget.window ? windowState(budget.window, facts.now) : { open: true })
    states.set(budget, known)
    return known
  }
  return {
    ask(policy, node, taken) {
      const own = policy.budgets.flatMap((budget, index) => bindingOf(policy, budget, index, node, snapshot))
      const others = policies
        .filter((one) => one.name !== policy.name && one.mode !== 'Observe' && !forbids(one.ladder))
        .filter((one) => selects(one.nodeSelector, node.labels))
        .flatMap((one) => one.budgets.flatMap((budget, index) => bindingOf(one, budget, index, node, snapshot)))
        .filter(({ budget }) => isOfPlace(budget))
      const pools = snapshot.poolBudgets.filter((one) => node.labels[one.label] === one.pool).flatMap(bindingsOfPool)
      const active = [
        ...orDefault(
          own.filter(({ budget }) => stateOf(budget).open),
          policy,
        ),
        ...[...others, ...pools].filter(({ budget }) => stateOf(budget).open),
      ]
      const rooms = active.map((one) => roomOf(one, count(one.circle), stateOf(one.budget), policy, taken))
      const [tightest, ...rest] = rooms.sort((a, b) => left(a) - left(b))
      if (!tightest) throw new Error('no budget is active') // a policy always has one
      const moments = [...own, ...others, ...pools].flatMap(({ budget }) => stateOf(budget).changesAt ?? [])
      const unknown = snapshot.unknownBudgets.find((one) => node.labels[one.label] !== undefined)
      return {
        tightest,
        others: rest,
        ...(moments.length > 0 && { changesAt: Math.min(...moments) }),
        ...(unknown && { unknown }),
      }
    },
  }
}

interface Counts {
  readonly nodes: number
  readonly disrupted: readonly Disrupted[]
}

/** The nodes that a budget counts. */
interface Circle {
  readonly key: string
  /** Repairs of this policy count wherever their nodes are. */
  readonly policy?: string
  readonly text: string
  /** Which repairs count. */
  readonly holds: (placed: Placed) => boolean
  /** Of which nodes a share is taken. */
  readonly shares: (node: Placed) => boolean
  /**
   * Whether nodes that others disrupt count, too. Not in our policies: a node that stays dead and that no policy is about
   * must not hold up every repair.
   */
  readonly countsOthers: boolean
}

/** A budget that binds a repair. */
interface Binding {
  readonly budget: Budget
  readonly source: string
  readonly circle: Circle
  readonly trouble?: string
}

function left({ limit, disrupted }: Room): number {
  return limit - disrupted.length
}

function isOfPlace({ scope = 'Selected' }: Budget): boolean {
  return scope !== 'Selected'
}

function orDefault(active: readonly Binding[], policy: Policy): readonly Binding[] {
  if (active.length > 0) return active
  const source = `the default of policy ${policy.name}, none of whose budgets limits repairs now`
  return [{ budget: defaultBudget, source, circle: selectionOf(policy) }]
}

function bindingOf(
  policy: Policy,
  budget: Budget,
  index: number,
  node: Placed,
  snapshot: ClusterSnapshot,
): readonly Binding[] {
  if (!limitsRepairs(budget)) return []
  const source = `policy ${policy.name} spec.budgets[${index}]`
  const { scope = 'Selected', label = '' } = budget
  if (scope === 'Selected') return [{ budget, source, circle: selectionOf(policy) }]
  const labels = poolLabelsOf(snapshot)
  const place = placeOf(node, scope, label, labels)
  const keyOf = (other: Placed): string | undefined => placeOf(other, scope, label, labels)?.key
  const circle: Circle = {
    key: JSON.stringify([scope, label, place?.key]),
    text: place?.text ?? 'unknown image',
    // An image that is not known may be any: a repair counts against each of them.
    holds: (other) => place === undefined || keyOf(other) === undefined || keyOf(other) === place.key,
    shares: (other) => keyOf(other) === place?.key,
    countsOthers: false,
  }
  return [{ budget, source, circle }]
}

function selectionOf({ name, nodeSelector }: Policy): Circle {
  const text = `policy ${name}`
  const selected = ({ labels }: Placed): boolean => selects(nodeSelector, labels)
  return { key: text, policy: name, text, holds: selected, shares: selected, countsOthers: false }
}

function bindingsOfPool({
  object,
  field,
  label,
  pool,
  joinedLabel,
  budgets,
  trouble,
}: PoolBudgets): readonly Binding[] {
  const circle: Circle = {
    key: object,
    text: object,
    holds: ({ labels }) => labels[label] === pool,
    shares: ({ labels }) => labels[label] === pool && labels[joinedLabel] === 'true',
    countsOthers: true,
  }
  if (trouble !== undefined) {
    const none: Budget = { nodes: { value: 0, percent: false } }
    return [{ budget: none, source: `${object} ${field}`, circle, trouble }]
  }
  return budgets.flatMap((budget, index) =>
    limitsRepairs(budget) ? [{ budget, source: `${object} ${field}[${index}]`, circle }] : [],
  )
}

function countsIn({ policy, holds, shares, countsOthers }: Circle, one: Disrupted): boolean {
  if (policy !== undefined && one.policy === policy) return true
  return one.ours ? holds(one.placed) : countsOthers && shares(one.placed)
}

function roomOf(
  { budget, source, circle, trouble }: Binding,
  { nodes, disrupted }: Counts,
  { changesAt }: WindowState,
  policy: Policy,
  taken: readonly Taken[],
): Room {
  const newly = taken
    .filter(({ candidate, acting }) => {
      if (candidate.policy.name === circle.policy) return true
      return (acting || candidate.policy.name === policy.name) && circle.holds(candidate.node)
    })
    .filter(({ candidate }) => disrupted.every((one) => one.uid !== candidate.node.uid))
    .map(({ candidate, acting }) => `${candidate.node.name}${acting ? '' : ', which would begin now'}`)
  return {
    budget: `${source}: ${quantityText(budget.nodes)}`,
    place: circle.text,
    nodes,
    limit: resolveQuantity(budget.nodes, nodes),
    countsOthers: circle.countsOthers,
    disrupted: [...disrupted.map((one) => one.text), ...newly],
    ...(budget.window && changesAt !== undefined && { endsAt: changesAt }),
    ...(trouble !== undefined && { trouble }),
  }
}
