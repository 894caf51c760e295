/**
 * The stages of one fault from the injected line to the proof, from the agent's log, the Node and the NodeRepair. Pure:
 * each observation gives a new history, in any order of arrival.
 */
import type { NodeCondition } from '../model/condition.ts'
import { type Attempt, isFinished, type Phase, phaseSince } from '../model/repair.ts'
import { toleration } from '../repair/decide/gates/toleration.ts'

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

export interface FaultHistory {
  readonly node: string
  readonly condition: string
  /** The device of the injected line, as the agent's log names it; absent: any finding counts. */
  readonly device?: string
  readonly entries: readonly StageEntry[]
  /** The repair that is followed: its name, and when it was made, because the one after a deletion has the same name. */
  readonly repair?: string
  /** Why that repair cannot reach a proof. The history then follows the node's next repair. */
  readonly failed?: string
  /** The gate that holds the repair back, and what would change its answer. */
  readonly waiting?: string
}

/**
 * Starts at the injection of `line` on `node`, which should turn `condition` False. With `device` only its finding counts,
 * because others may write into the same kernel log.
 */
export function startHistory(node: string, condition: string, line: string, at: number, device?: string): FaultHistory {
  const entries = [{ stage: 'injected', at, what: line }] as const
  return { node, condition, ...(device !== undefined && { device }), entries }
}

/** True when the fault has passed all stages. */
export function isProven(history: FaultHistory): boolean {
  return missingStages(history).length === 0
}

/** The stages that have not been seen, in the order of the flow. */
export function missingStages({ entries }: FaultHistory): readonly Stage[] {
  return stages.filter((stage) => !entries.some((entry) => entry.stage === stage))
}

/** Which stages are missing, and where the fault has come to, in one sentence. */
export function missingText(history: FaultHistory): string {
  const missing = missingStages(history)
  const reached = history.entries.at(-1)?.stage ?? 'none'
  const names = missing.length === 1 ? `stage ${missing[0]} was` : `stages ${missing.join(', ')} were`
  const waiting = history.waiting === undefined ? '' : `; ${history.waiting}`
  return `${names} not seen, the last one seen is ${reached}${waiting}`
}

/** The entries that `after` has and `before` has not, in stage order: what a live display prints next. */
export function newEntries(before: FaultHistory, after: FaultHistory): readonly StageEntry[] {
  const isKnown = ({ stage, at }: StageEntry): boolean =>
    before.entries.some((known) => known.stage === stage && known.at === at)
  return after.entries.filter((entry) => !isKnown(entry))
}

/** One JSON line of the agent's log, seen at `at`. */
export function seeAgentLog(history: FaultHistory, line: Readonly<Record<string, unknown>>, at: number): FaultHistory {
  const injected = history.entries[0]?.at ?? at
  const stamp = typeof line.ts === 'string' ? Date.parse(line.ts) : at
  if (stamp < injected) return history
  const ours = String(line.text).includes(history.entries[0]?.what ?? '')
  if (line.msg === 'evidence' && ours) return add(history, 'evidence', stamp, `${line.source}: ${line.text}`)
  const isOther = history.device !== undefined && line.device !== history.device
  if (line.msg === 'finding raised' && !isOther)
    return add(history, 'finding', stamp, `${line.reason} (${line.severity}): ${line.message}`)
  return history
}

/** The node's conditions, seen at `at`. */
export function seeConditions(history: FaultHistory, conditions: readonly NodeCondition[], at: number): FaultHistory {
  const bad = conditions.find((one) => one.type === history.condition && one.status === 'False')
  return bad ? add(history, 'condition', at, `${bad.type}=False ${bad.reason}`) : history
}

/** The attempt's record; its stamps are the times of the stages. */
export function seeAttempt(history: FaultHistory, attempt: Attempt): FaultHistory {
  const followed = attempt.nodeName === history.node ? follow(history, attempt) : undefined
  if (!followed) return history
  const { decision, plan } = attempt
  const obstacle = obstacleOf(attempt)
  let next: FaultHistory = obstacle === undefined ? followed : { ...followed, waiting: obstacle }
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
    next = add(next, 'replacement', dwelling, `${attempt.nodeName} → ${attempt.successor?.name}, Ready`)
  const proven = enteredAt(attempt, 'Succeeded')
  if (proven !== undefined) return add(next, 'proof', proven, attempt.proof ?? 'the node stayed healthy')
  const end = attempt.phases.at(-1)
  if (end?.phase === 'Failed' || end?.phase === 'Cancelled') return { ...next, failed: `${end.phase}: ${end.why}` }
  return next
}

/** A deleted record. When its repair had not ended, the history fails, because the controller begins a new one. */
export function seeDeletion(history: FaultHistory, attempt: Attempt): FaultHistory {
  if (history.repair !== idOf(attempt) || isFinished(attempt.phase) || history.failed !== undefined) return history
  return { ...history, failed: 'somebody deleted its NodeRepair' }
}

/** The history of this repair; undefined where another one is followed. A new one takes the place of one that failed. */
function follow(history: FaultHistory, attempt: Attempt): FaultHistory | undefined {
  const { waiting: _waiting, ...rest } = history
  const repair = idOf(attempt)
  if (history.repair === repair) return rest
  const injected = history.entries[0]?.at ?? 0
  if (isFinished(attempt.phase) && (history.repair !== undefined || phaseSince(attempt) < injected)) return undefined
  const { failed: _failed, ...kept } = rest
  const entries = kept.entries.filter((one) => stages.indexOf(one.stage) < stages.indexOf('decision'))
  return { ...kept, repair, entries }
}

function idOf({ name, createdAt }: Attempt): string {
  return `${name} of ${createdAt}`
}

/** The gate that holds back a repair that has not begun; `toleration` does not count, because every repair waits for it. */
function obstacleOf({ phase, decision }: Attempt): string | undefined {
  if (phase !== 'Pending' || decision?.decidedBy === undefined || decision.decidedBy === toleration.name)
    return undefined
  const gate = decision.gates.find((one) => one.gate === decision.decidedBy)
  return gate && `${gate.gate}: ${gate.why}${gate.change === undefined ? '' : `; to go on: ${gate.change}`}`
}

function drainText(attempt: Attempt): string {
  const left = attempt.drain?.leftBehind.length ?? 0
  return `${attempt.drain?.evicted ?? 0} pods evicted within their budgets${left > 0 ? `, ${left} left behind` : ''}`
}

function enteredAt(attempt: Attempt, phase: Phase): number | undefined {
  return attempt.phases.find((entry) => entry.phase === phase)?.at
}

/** Adds a stage; a stage that the history has already stays as it is. */
function add(history: FaultHistory, stage: Stage, at: number, what: string): FaultHistory {
  if (history.entries.some((entry) => entry.stage === stage)) return history
  const entries = [...history.entries, { stage, at, what }]
  entries.sort((a, b) => stages.indexOf(a.stage) - stages.indexOf(b.stage))
  return { ...history, entries }
}
