/**
 * What the cluster showed of one drill: Events and conditions of its node, and the records of repairs. Pure: each
 * observation gives new facts, in any order of arrival, and one that is seen twice changes nothing.
 */
import { flagOf } from '../../model/drill.ts'
import type { Attempt } from '../../model/repair.ts'
import { injectionNamed } from '../injections/injections.ts'
import { type Drill, tokenOf } from '../plan/drill.ts'

/** An Event of the agent, as the API server has it. */
export interface SeenEvent {
  /** The condition type. */
  readonly reason: string
  readonly message: string
  readonly type: string
  /** When the agent saw the fault last, wall-clock milliseconds, in whole seconds. */
  readonly lastAt: number
}

/** A finding, as its Event tells it. */
export interface SeenFinding {
  readonly reason: string
  readonly condition: string
  readonly type: string
  readonly message: string
  readonly at: number
}

export interface SeenDecision {
  readonly at: number
  readonly outcome: string
  /** The gate that decided, where one refused. */
  readonly by?: string
  /** When the controller may act at the earliest. */
  readonly eligibleAt?: number
  readonly what: string
}

export interface DrillFacts {
  readonly drill: Drill
  /** Since when what is seen counts: right before the injection, by our clock. */
  readonly begunAt?: number
  /** When the fault was there, by our clock; absent before. */
  readonly injectedAt?: number
  /** Why it could not be injected. */
  readonly trouble?: string
  /** The finding with the reason that was to be found. */
  readonly finding?: SeenFinding
  /** Findings of this drill with reasons that it was not to bring about. */
  readonly wrong: readonly SeenFinding[]
  /** Findings of the node meanwhile that belong to no drill. They may be real. */
  readonly beside: readonly SeenFinding[]
  readonly condemned?: { readonly at: number; readonly what: string }
  /** The condition is False because of this drill at this moment. */
  readonly standing: boolean
  readonly decision?: SeenDecision
  readonly repairedAt?: number
  readonly provenAt?: number
  /** Why the repair has no proof. */
  readonly failed?: string
  /** When everything of the injection was gone. */
  readonly removedAt?: number
  /** Why it could not be removed. */
  readonly left?: string
  readonly cleanedAt?: number
}

export function newFacts(drill: Drill): DrillFacts {
  return { drill, wrong: [], beside: [], standing: false }
}

export function seeBegun(facts: DrillFacts, at: number): DrillFacts {
  return { ...facts, begunAt: facts.begunAt ?? at }
}

/** The fault is there. The agent may have told of it before whoever injected it. */
export function seeInjected(facts: DrillFacts, at: number): DrillFacts {
  const told = [...(facts.finding ? [facts.finding] : []), ...facts.wrong].map((one) => one.at)
  return { ...facts, injectedAt: facts.injectedAt ?? Math.min(at, ...told) }
}

export function seeTrouble(facts: DrillFacts, trouble: string): DrillFacts {
  return { ...facts, trouble }
}

/** It could not be removed, and ends by itself later. */
export function seeLeft(facts: DrillFacts, left: string): DrillFacts {
  return { ...facts, left }
}

/** The injection is gone: its line is ended, its pod has left. */
export function seeRemoved(facts: DrillFacts, at: number): DrillFacts {
  return cleaned({ ...facts, removedAt: facts.removedAt ?? at }, at)
}

const findingText = /^([A-Z][A-Za-z0-9]{2,63}): (.*)$/s
const drillText = /\(injected by drill ([a-z0-9][a-z0-9-]{0,31}), [A-Za-z]+\)/
/** An Event that tells an end names no drill, and is no finding. */
const endText = /^(?:over: |expired: |recovered)/

/** An Event about the drill's node. Findings of other drills are theirs. */
export function seeEvent(facts: DrillFacts, event: SeenEvent, at: number): DrillFacts {
  const [, reason, message] = findingText.exec(event.message) ?? []
  if (reason === undefined || message === undefined || endText.test(message)) return facts
  const finding = { reason, condition: event.reason, type: event.type, message, at }
  const by = drillText.exec(message)?.[1]
  const { id, subject } = facts.drill
  const marked = subject.line !== undefined
  if (marked && by === id) return found(facts, finding)
  if (by !== undefined || !isOfOurTime(facts, event)) return facts
  return !marked && isOurs(facts.drill, finding) ? found(facts, finding) : besides(facts, finding)
}

/** A real fault: known by its token where its evidence can hold one, else by its reason alone. */
function isOurs(drill: Drill, { reason, message }: SeenFinding): boolean {
  const named = injectionNamed(drill.subject.injection)?.namesItself ?? false
  return reason === drill.subject.reason && (!named || message.includes(tokenOf(drill)))
}

/** Events have whole seconds. */
function isOfOurTime({ begunAt, cleanedAt }: DrillFacts, { lastAt }: SeenEvent): boolean {
  return begunAt !== undefined && cleanedAt === undefined && lastAt >= Math.floor(begunAt / 1000) * 1000
}

function found(facts: DrillFacts, finding: SeenFinding): DrillFacts {
  const { subject } = facts.drill
  if (finding.reason === subject.reason) return facts.finding ? facts : { ...facts, finding }
  return { ...facts, wrong: withOne(facts.wrong, finding) }
}

function besides(facts: DrillFacts, finding: SeenFinding): DrillFacts {
  const expected = injectionNamed(facts.drill.subject.injection)?.reasons
  const isCompanion = expected !== undefined && expected !== 'kernel lines' && expected.includes(finding.reason)
  return isCompanion ? facts : { ...facts, beside: withOne(facts.beside, finding) }
}

function withOne(known: readonly SeenFinding[], one: SeenFinding): readonly SeenFinding[] {
  return known.some(({ reason, message }) => reason === one.reason && message === one.message) ? known : [...known, one]
}

/** As much of a condition as a drill shows in. */
export interface SeenCondition {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
}

/** The conditions of the drill's node. */
export function seeConditions(facts: DrillFacts, conditions: readonly SeenCondition[], at: number): DrillFacts {
  const bad = conditions.find((one) => isByDrill(facts, one))
  if (!bad) return cleaned({ ...facts, standing: false }, at)
  const condemned = facts.condemned ?? { at, what: `${bad.type}=False ${bad.reason}` }
  return { ...facts, condemned, standing: true }
}

function isByDrill({ drill, begunAt }: DrillFacts, condition: SeenCondition): boolean {
  const { id, subject } = drill
  if (subject.line !== undefined) return flagOf(condition)?.id === id
  if (begunAt === undefined || condition.status !== 'False') return false
  return condition.type === subject.condition && condition.reason === subject.reason
}

function cleaned(facts: DrillFacts, at: number): DrillFacts {
  const { removedAt, standing, cleanedAt } = facts
  return removedAt === undefined || standing || cleanedAt !== undefined ? facts : { ...facts, cleanedAt: at }
}

/** A record of a repair of the drill's node. One from before the injection does not count. */
export function seeAttempt(facts: DrillFacts, attempt: Attempt): DrillFacts {
  const { drill, begunAt } = facts
  const { decision, nodeName } = attempt
  const about = attempt.plan?.condition ?? decision?.rule?.condition
  if (nodeName !== drill.node || about !== drill.subject.condition || begunAt === undefined) return facts
  if (!decision || decision.at < begunAt || !facts.condemned) return facts
  const { outcome, decidedBy, rule, at, eligibleAt } = decision
  const what = `${outcome}${decidedBy === undefined ? '' : ` (gate ${decidedBy})`} by policy ${rule?.policy ?? 'of none'}`
  const seen = facts.decision
  const next = {
    at: seen?.at ?? at,
    outcome,
    what,
    ...(decidedBy !== undefined && { by: decidedBy }),
    ...(eligibleAt !== undefined && { eligibleAt }),
  }
  return { ...facts, decision: next, ...progressOf(facts, attempt) }
}

function progressOf(facts: DrillFacts, { phases, proof }: Attempt): Partial<DrillFacts> {
  const repairedAt = facts.repairedAt ?? phases.find(({ phase }) => phase === 'Dwelling')?.at
  const provenAt = facts.provenAt ?? phases.find(({ phase }) => phase === 'Succeeded')?.at
  const end = phases.at(-1)
  const failed = end?.phase === 'Failed' || end?.phase === 'Cancelled' ? `${end.phase}: ${end.why}` : undefined
  return {
    ...(repairedAt !== undefined && { repairedAt }),
    ...(provenAt !== undefined && { provenAt }),
    ...(failed !== undefined && proof === undefined && { failed }),
  }
}
