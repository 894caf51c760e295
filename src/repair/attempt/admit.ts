/** From a decision to a record, and from a record to an admitted repair. */
import type { Intervention } from '../../model/action.ts'
import type { Decision, DecisionRecord, FirstSighting } from '../../model/decision.ts'
import type { NodeView } from '../../model/node.ts'
import type { Policy } from '../../model/policy.ts'
import { type Attempt, type Plan, type RepairTarget, targetText } from '../../model/repair.ts'
import { kindOf } from '../act/actions.ts'
import { attemptName } from './name.ts'
import { observationMs, withPhase } from './transition.ts'

/** The first record about a node: what was seen, and what was decided about it. */
export function newAttempt(decision: Decision, node: NodeView, number: number): Attempt {
  return {
    name: attemptName(node.name, node.uid, number),
    resourceVersion: '',
    createdAt: decision.at,
    guarded: false,
    nodeName: node.name,
    nodeUid: node.uid,
    ...(node.providerId !== undefined && { providerId: node.providerId }),
    ...(node.bootId !== undefined && { bootId: node.bootId }),
    nodeLabels: node.labels,
    number,
    phase: 'Pending',
    phases: [{ phase: 'Pending', at: decision.at, why: 'a rule matches the node' }],
    sightings: decision.sightings,
    decision: recordOf(decision),
  }
}

/**
 * The record with a newer decision in it. Where no rule matches any more, the last one stays: the trail says what it was
 * about. An approval stays with what the record said when it was given.
 */
export function withDecision(attempt: Attempt, decision: Decision): Attempt {
  const { approvedFor = attempt.decision?.rule, ...rest } = attempt
  const given = attempt.approvedBy !== undefined && approvedFor !== undefined
  const rule = decision.rule ?? attempt.decision?.rule
  return {
    ...rest,
    ...(given && { approvedFor }),
    sightings: decision.sightings,
    decision: recordOf({ ...decision, ...(rule && { rule }) }),
  }
}

/** What is known of a repair before it begins. */
export interface Foresight {
  /** What will hold up its drain, for people. */
  readonly foreseen?: string | undefined
  /** A pod on the node can collect evidence. */
  readonly collects?: boolean
}

/**
 * The record of a repair that every gate allowed. The policy's values are copied: what is committed no longer changes.
 */
export function admitted(
  attempt: Attempt,
  decision: Decision,
  policy: Policy,
  action: Intervention,
  provider: string,
  target: RepairTarget,
  { foreseen, collects = false }: Foresight = {},
): Attempt {
  const { rule } = decision
  const plan: Plan = {
    policy: policy.name,
    generation: policy.generation,
    action,
    provider,
    target,
    condition: rule?.condition ?? '',
    status: rule?.status ?? 'False',
    reason: rule?.reason ?? '',
    drain: policy.drain,
    ...(collects && policy.evidence && { evidence: policy.evidence }),
    dwellMs: policy.restraint.dwellMs,
    joinMs: policy.restraint.joinMs,
  }
  const will = `${provider} will ${kindOf(action).words.verb} ${targetText(target)}`
  const why = `every gate allows it; ${will}${foreseen === undefined ? '' : `; ${foreseen}`}`
  return withPhase(
    { ...withDecision(attempt, decision), plan },
    'Preparing',
    decision.at,
    why,
    decision.at + observationMs,
  )
}

/**
 * No gate, but named like one in the record: a provider is asked what to replace once every gate allows, and says no. It is
 * a call, and gates are pure.
 */
export const providerAnswer = 'target'

/** The decision with a refusal found out when the repair was about to start; it takes the place of that gate's answer. */
export function refusedLate(decision: Decision, gate: string, why: string, change: string): Decision {
  return {
    ...decision,
    outcome: 'refuse',
    decidedBy: gate,
    gates: [...decision.gates.filter((one) => one.gate !== gate), { gate, answer: 'refuse', why, change }],
  }
}

/** True when the sightings say something else: which rules match, or since when. */
export function sightingsDiffer(a: readonly FirstSighting[], b: readonly FirstSighting[]): boolean {
  const facts = (all: readonly FirstSighting[]): string =>
    JSON.stringify(all.map((one) => [one.policy, one.condition, one.status, one.since, one.transition]))
  return facts(a) !== facts(b)
}

function recordOf({ at, outcome, rule, eligibleAt, decidedBy, gates }: Decision): DecisionRecord {
  return {
    at,
    outcome,
    ...(rule && { rule }),
    ...(eligibleAt !== undefined && { eligibleAt }),
    ...(decidedBy !== undefined && { decidedBy }),
    gates,
  }
}
