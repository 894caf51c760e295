/**
 * One fault's way from the injected line to the proof, as an observer outside sees it: the agent's log, the Node, the
 * NodeRepair. Pure: every observation folds into a new timeline, in whatever order they arrive.
 */
import type { NodeCondition } from '../model/condition.ts'
import type { Attempt, Phase } from '../model/repair.ts'

/** The stages in the order of the flow. */
export const stages = [
  'injected',
  'evidence',
  'finding',
  'condition',
  'decision',
  'cordon',
  'drain',
  'replacement',
  'proof',
] as const
export type Stage = (typeof stages)[number]

export interface StageEntry {
  readonly stage: Stage
  /** Wall-clock milliseconds. */
  readonly at: number
  /** One line for people: what happened at this stage. */
  readonly what: string
}

export interface Timeline {
  readonly node: string
  readonly condition: string
  readonly entries: readonly StageEntry[]
  /** Why no proof will come, once that is certain. */
  readonly failed?: string
}

/** Starts at the injection of `line` on `node`, which should turn `condition` False. */
export function startTimeline(node: string, condition: string, line: string, at: number): Timeline {
  return { node, condition, entries: [{ stage: 'injected', at, what: line }] }
}

/** Reached all of its stages. */
export function isProven(timeline: Timeline): boolean {
  return stages.every((stage) => timeline.entries.some((entry) => entry.stage === stage))
}

/** The entries that `after` has and `before` has not, in stage order: what a live display prints next. */
export function newEntries(before: Timeline, after: Timeline): readonly StageEntry[] {
  return after.entries.filter((entry) => !before.entries.some((known) => known.stage === entry.stage))
}

/** One JSON line of the agent's log, seen at `at`. */
export function seeAgentLog(timeline: Timeline, line: Readonly<Record<string, unknown>>, at: number): Timeline {
  const injected = timeline.entries[0]?.at ?? at
  const stamp = typeof line.ts === 'string' ? Date.parse(line.ts) : at
  if (stamp < injected) return timeline
  const ours = String(line.text).includes(timeline.entries[0]?.what ?? '')
  if (line.msg === 'evidence' && ours) return add(timeline, 'evidence', stamp, `${line.source}: ${line.text}`)
  if (line.msg === 'finding raised')
    return add(timeline, 'finding', stamp, `${line.reason} (${line.severity}): ${line.message}`)
  return timeline
}

/** The node's conditions, seen at `at`. */
export function seeConditions(timeline: Timeline, conditions: readonly NodeCondition[], at: number): Timeline {
  const bad = conditions.find((one) => one.type === timeline.condition && one.status === 'False')
  return bad ? add(timeline, 'condition', at, `${bad.type}=False ${bad.reason}`) : timeline
}

/** The attempt's record; its own stamps count. */
export function seeAttempt(timeline: Timeline, attempt: Attempt): Timeline {
  if (attempt.nodeName !== timeline.node) return timeline
  let next = timeline
  const { decision, plan } = attempt
  if (decision?.outcome === 'act') {
    const allowed = decision.gates.filter((gate) => gate.answer === 'allow').length
    const what = `${plan?.action ?? decision.rule?.action} by policy ${decision.rule?.policy}: ${allowed} of ${decision.gates.length} gates allow`
    next = add(next, 'decision', decision.at, what)
  }
  if (attempt.taintedAt !== undefined)
    next = add(next, 'cordon', attempt.taintedAt, `taint nodemend.dev/repairing on ${attempt.nodeName}`)
  const drained = enteredAt(attempt, 'Committing')
  if (drained !== undefined) next = add(next, 'drain', drained, drainText(attempt))
  const dwelling = enteredAt(attempt, 'Dwelling')
  if (dwelling !== undefined)
    next = add(next, 'replacement', dwelling, `${attempt.nodeName} → ${attempt.replacement?.name}, Ready`)
  const proven = enteredAt(attempt, 'Succeeded')
  if (proven !== undefined) return add(next, 'proof', proven, attempt.proof ?? 'the replacement stayed healthy')
  const end = attempt.phases.at(-1)
  if (end?.phase === 'Failed' || end?.phase === 'Cancelled') return { ...next, failed: `${end.phase}: ${end.why}` }
  return next
}

function drainText(attempt: Attempt): string {
  const left = attempt.drain?.leftBehind.length ?? 0
  return `${attempt.drain?.evicted ?? 0} pods evicted within their budgets${left > 0 ? `, ${left} left behind` : ''}`
}

function enteredAt(attempt: Attempt, phase: Phase): number | undefined {
  return attempt.phases.find((entry) => entry.phase === phase)?.at
}

/** The first sight of a stage counts; later ones change nothing. */
function add(timeline: Timeline, stage: Stage, at: number, what: string): Timeline {
  if (timeline.entries.some((entry) => entry.stage === stage)) return timeline
  const entries = [...timeline.entries, { stage, at, what }]
  entries.sort((a, b) => stages.indexOf(a.stage) - stages.indexOf(b.stage))
  return { ...timeline, entries }
}
