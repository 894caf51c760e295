/** What a policy means for the cluster as it is now, as data. Pure. */
import { formatDuration } from '../../catalog/duration.ts'
import { ladderText } from '../../model/action.ts'
import { type ClusterSnapshot, type NodeView, selects } from '../../model/node.ts'
import { defaultTolerationMs, type Policy, quantityText } from '../../model/policy.ts'
import type { Attempt } from '../../model/repair.ts'
import { type Window, windowState } from '../../model/schedule/window.ts'
import type { Room } from '../../repair/decide/budget/budget.ts'
import { budgetsNow, decide } from '../../repair/decide/decide.ts'

/** Times are RFC 3339. */
export interface PolicyExplanation {
  readonly policy: string
  readonly generation: number
  readonly mode: Policy['mode']
  readonly paused: boolean
  /** Labels of the nodes it is for; empty: all. */
  readonly selector: string
  readonly nodes: { readonly selected: number; readonly all: number }
  /** What counts as sick, and for how long it is put up with. */
  readonly match: readonly string[]
  readonly ladder: string
  readonly drain: string
  readonly breaker: string
  /** Every budget that limits its repairs now, the tightest first. */
  readonly budgets: readonly BudgetNow[]
  /** Its schedules: of its windows and of its budgets. */
  readonly schedules: readonly ScheduleNow[]
  /** What is decided about its sick nodes now. */
  readonly sick: readonly SickNode[]
  /** When an answer may change by itself, the next first. */
  readonly changes: readonly { readonly at: string; readonly what: string }[]
}

interface BudgetNow {
  readonly budget: string
  readonly place: string
  readonly nodes: number
  readonly limit: number
  readonly used: number
  readonly who: readonly string[]
}

interface ScheduleNow {
  readonly field: string
  readonly text: string
  readonly open: boolean
  readonly changesAt: string | null
}

interface SickNode {
  readonly node: string
  readonly outcome: string
  readonly gate: string | null
  readonly why: string | null
}

export interface Situation {
  readonly snapshot: ClusterSnapshot
  readonly policies: readonly Policy[]
  readonly records: readonly Attempt[]
  readonly now: number
}

/** Explains `policy` in a cluster. */
export function explainPolicy(policy: Policy, situation: Situation): PolicyExplanation {
  const { snapshot, policies, records, now } = situation
  const selected = snapshot.nodes.filter((node) => selects(policy.nodeSelector, node.labels))
  const decisions = decide(snapshot, policies, records, now).filter((one) => one.rule?.policy === policy.name)
  const schedules = schedulesOf(policy, now)
  const moments = [
    ...schedules.flatMap(({ field, open, changesAt }) =>
      changesAt === null ? [] : [{ at: changesAt, what: `${field} ${open ? 'ends' : 'begins'}` }],
    ),
    ...decisions.flatMap(({ node, decidedBy = '', until }) =>
      until === undefined ? [] : [{ at: time(until), what: `${node}: ${decidedBy} is asked again` }],
    ),
  ]
  return {
    policy: policy.name,
    generation: policy.generation,
    mode: policy.mode,
    paused: policy.paused,
    selector: Object.entries(policy.nodeSelector)
      .map(([key, value]) => `${key}=${value}`)
      .join(', '),
    nodes: { selected: selected.length, all: snapshot.nodes.length },
    match: policy.match.map((one) => matchText(one, policy)),
    ladder: policy.ladder.map(({ action, attempts }) => `${action} (${timesText(attempts)})`).join(', then '),
    drain: drainText(policy),
    breaker: breakerText(policy),
    budgets: roomsOf(policy, selected, situation).map(({ disrupted, budget, place, nodes, limit }) => {
      return { budget, place, nodes, limit, used: disrupted.length, who: disrupted }
    }),
    schedules,
    sick: decisions.map(({ node, outcome, decidedBy = null, gates }) => {
      const why = gates.find((one) => one.gate === decidedBy)?.why ?? null
      return { node, outcome, gate: decidedBy, why }
    }),
    changes: moments.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)),
  }
}

/** Those of every place in which the policy has a node, each once. */
function roomsOf(policy: Policy, selected: readonly NodeView[], situation: Situation): readonly Room[] {
  const budgets = budgetsNow(situation)
  const found = new Map<string, Room>()
  for (const node of selected) {
    const { tightest, others } = budgets.ask(policy, node, [])
    for (const room of [tightest, ...others]) found.set(`${room.budget} ${room.place}`, room)
  }
  const left = ({ limit, disrupted }: Room): number => limit - disrupted.length
  return [...found.values()].sort((a, b) => left(a) - left(b))
}

function schedulesOf({ windows = [], budgets }: Policy, now: number): readonly ScheduleNow[] {
  const named = [
    ...windows.map((window, index) => ({ field: `spec.windows[${index}]`, what: '', window })),
    ...budgets.flatMap(({ window, nodes }, index) =>
      window ? [{ field: `spec.budgets[${index}]`, what: `at most ${quantityText(nodes)}; `, window }] : [],
    ),
  ]
  return named.map(({ field, what, window }) => {
    const { open, changesAt } = windowState(window, now)
    return {
      field,
      text: `${what}${windowText(window)}`,
      open,
      changesAt: changesAt === undefined ? null : time(changesAt),
    }
  })
}

function windowText({ schedule, durationMs }: Window): string {
  return `${schedule.text} ${schedule.timeZone}, for ${formatDuration(durationMs)}`
}

function matchText({ condition, status, reason }: Policy['match'][number], { tolerationMs }: Policy): string {
  const why = reason === undefined ? '' : ` with a reason that is ${reason.source}`
  return `${condition}=${status}${why}, once it has lasted for ${formatDuration(tolerationMs ?? defaultTolerationMs(condition))}`
}

function timesText(attempts: number): string {
  return attempts === 1 ? 'once a day' : `up to ${attempts} times a day`
}

function drainText({ drain: { timeoutMs, onTimeout, pdb } }: Policy): string {
  const then: Readonly<Record<typeof onTimeout, string>> = {
    Abort: 'everything is put back',
    ProceedWithout: 'it goes on without the pods that are left',
    ForceDelete: 'the pods that are left are deleted',
  }
  const respected = pdb === 'Respect' ? 'PodDisruptionBudgets are kept' : 'PodDisruptionBudgets are kept until then'
  return `pods have ${formatDuration(timeoutMs)} to leave; then ${then[onTimeout]}; ${respected}`
}

function breakerText({ breaker: { share, rate, windowMs, minNodes } }: Policy): string {
  const sick = `more than ${quantityText(share)} of a pool are sick`
  const newly = `more than ${quantityText(rate)} turn sick with one reason within ${formatDuration(windowMs)}`
  return `nothing begins while ${sick}, or ${newly}; pools of up to ${minNodes} nodes: one repair at a time`
}

/** The first sentence: who acts, and how. */
export function modeText({ mode, paused, ladder }: Pick<Policy, 'mode' | 'paused' | 'ladder'>): string {
  if (paused) return 'is paused: it begins nothing'
  if (ladder.every((rung) => rung.action === 'NoAction')) return 'does nothing, and keeps other policies from acting'
  switch (mode) {
    case 'Observe':
      return `only says what it would do: ${ladderText(ladder)}`
    case 'Approve':
      return `asks a person before each repair: ${ladderText(ladder)}`
    case 'Enforce':
      return `acts by itself: ${ladderText(ladder)}`
  }
}

function time(ms: number): string {
  return new Date(ms).toISOString()
}
