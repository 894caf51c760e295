/** The decision: a pure function of a snapshot, the policies, the records and the time. */
import { forbids } from '../../model/action.ts'
import type { Decision, DecisionOutcome, DecisionRecord, GateRecord } from '../../model/decision.ts'
import type { ClusterSnapshot } from '../../model/node.ts'
import type { Policy } from '../../model/policy.ts'
import { type Attempt, isActive } from '../../model/repair.ts'
import { type Budgets, hasRoom, indexBudgets, type Taken } from './budget/budget.ts'
import { type Candidate, candidateFor, compareText } from './candidate.ts'
import { indexCluster } from './cluster-index.ts'
import { spellsOf } from './flapping.ts'
import { at, type Gate, type GateContext } from './gate.ts'
import { drill } from './gates/drill.ts'
import { matching } from './gates/match.ts'
import { mode } from './gates/mode.ts'
import { gates } from './gates.ts'
import { historyOf } from './ladder.ts'
import { keptSightings } from './sightings.ts'

/**
 * One decision per sick node that is not yet under repair, and one per open Pending record whose fault is over. The
 * answer depends on nothing but the arguments, and not on the order of their lists. Candidates are asked in the order of
 * their eligibility, then of their names: that is the order in which they take up room.
 */
export function decide(
  snapshot: ClusterSnapshot,
  policies: readonly Policy[],
  records: readonly Attempt[],
  now: number,
): readonly Decision[] {
  const pending = pendingByNode(records, snapshot)
  const sick = sickAmong(snapshot, policies, records, pending, now)
  const index = indexCluster(snapshot, policies, records, sick, now)
  const underRepair = new Set(records.filter((one) => isActive(one)).map((one) => one.nodeUid))
  const waiting = [...sick.values()].filter(({ node }) => !underRepair.has(node.uid)).sort(compareCandidates)
  const admitted: Taken[] = []
  const decisions = waiting.map((candidate) => {
    const decision = ask({ candidate, snapshot, records, index, admitted, now })
    // A drill takes no room from a real repair.
    if (decision.outcome === 'act' || (decision.outcome === 'would-act' && decision.decidedBy !== drill.name)) {
      admitted.push({ candidate, acting: decision.outcome === 'act' })
    }
    return decision
  })
  const kept = keptRecords(snapshot, policies, pending, sick, now)
  const held = new Set(kept.map((one) => one.record))
  const rest = records.filter((one) => !held.has(one.name))
  return [...decisions, ...kept, ...clearedRecords(snapshot, rest, pending, sick, now)]
}

function sickAmong(
  snapshot: ClusterSnapshot,
  policies: readonly Policy[],
  records: readonly Attempt[],
  pending: ReadonlyMap<string, Attempt>,
  now: number,
): ReadonlyMap<string, Candidate> {
  const history = historyOf(records)
  const spells = spellsOf(records, snapshot)
  const sick = new Map<string, Candidate>()
  for (const node of snapshot.nodes) {
    const repeats = spells.get(node.uid) ?? []
    const candidate = candidateFor(node, policies, pending.get(node.uid), repeats, history, snapshot, now)
    if (candidate) sick.set(node.uid, candidate)
  }
  return sick
}

/** What every budget leaves now, before anything more begins. */
export function budgetsNow({ snapshot, policies, records, now }: Situation): Budgets {
  const sick = sickAmong(snapshot, policies, records, pendingByNode(records, snapshot), now)
  return indexBudgets({ snapshot, policies, records, sick, now })
}

/** True when a repair that is blocked in its drain, and has lent its slot, may take one again. */
export function mayGoOn(attempt: Attempt, policy: Policy, situation: Situation): boolean {
  const image = situation.snapshot.nodes.find((one) => one.uid === attempt.nodeUid)?.image
  const placed = { labels: attempt.nodeLabels, ...(image !== undefined && { image }) }
  return hasRoom(budgetsNow(situation).ask(policy, placed, []))
}

/** What a question about one repair is asked of. */
interface Situation {
  readonly snapshot: ClusterSnapshot
  readonly policies: readonly Policy[]
  readonly records: readonly Attempt[]
  readonly now: number
}

/** Asks every gate about one candidate. */
function ask(context: GateContext): Decision {
  const { candidate, now } = context
  const { node, policy, standing, condition, record } = candidate
  const asked = gates.map((gate) => askOne(gate, context))
  const first = asked.find((one) => one.record.answer !== 'allow')
  const decider = first?.record
  return {
    at: now,
    node: node.name,
    nodeUid: node.uid,
    ...(record && { record: record.name }),
    outcome: outcomeOf(decider, policy),
    rule: {
      policy: policy.name,
      generation: policy.generation,
      mode: policy.mode,
      action: standing.action,
      condition: condition.type,
      status: condition.status,
      reason: condition.reason,
    },
    eligibleAt: candidate.eligibleAt,
    ...(decider && { decidedBy: decider.gate }),
    ...(first?.until !== undefined && { until: first.until }),
    gates: asked.map((one) => one.record),
    sightings: candidate.sightings,
  }
}

/** An answer as it is recorded, and when it changes by itself. */
interface Asked {
  readonly record: GateRecord
  readonly until?: number | undefined
}

/** A gate that throws refuses. */
function askOne(gate: Gate, context: GateContext): Asked {
  try {
    const { answer, why, change, until } = gate.ask(context)
    return { record: { gate: gate.name, answer, why, ...(change !== undefined && { change }) }, until }
  } catch (error) {
    const why = `the gate failed: ${error instanceof Error ? error.message : String(error)}`
    return { record: { gate: gate.name, answer: 'refuse', why, change: 'report this as a defect of nodemend' } }
  }
}

function outcomeOf(decider: GateRecord | undefined, policy: Policy): DecisionOutcome {
  if (!decider) return 'act'
  if (decider.gate === mode.name || decider.gate === drill.name) return 'would-act'
  if (decider.gate === matching.name && forbids(policy.ladder)) return 'no-action'
  return decider.answer === 'wait' ? 'wait' : 'refuse'
}

/** Pending records of nodes that no rule matches now, and that no report calls healthy either: their time goes on. */
function keptRecords(
  snapshot: ClusterSnapshot,
  policies: readonly Policy[],
  pending: ReadonlyMap<string, Attempt>,
  sick: ReadonlyMap<string, Candidate>,
  now: number,
): readonly Decision[] {
  if (pending.size === 0) return []
  return snapshot.nodes
    .flatMap((node) => {
      const record = sick.has(node.uid) ? undefined : pending.get(node.uid)
      const sightings = record ? keptSightings(node, policies, record, []) : []
      const [first] = sightings
      if (!record || !first) return []
      const gate: GateRecord = {
        gate: matching.name,
        answer: 'wait',
        why: `no rule matches ${first.condition} as it is now, but nobody has reported it healthy since ${at(first.since)}`,
        change: 'it is reported healthy, or sick as before',
      }
      const { name, uid: nodeUid } = node
      const said = { at: now, outcome: 'wait' as const, decidedBy: matching.name, gates: [gate], sightings }
      return [{ ...said, node: name, nodeUid, record: record.name }]
    })
    .sort((a, b) => compareText(a.record, b.record))
}

/** Pending records whose node is gone or no longer matched. While a watch is behind, nothing counts as gone. */
function clearedRecords(
  snapshot: ClusterSnapshot,
  records: readonly Attempt[],
  pending: ReadonlyMap<string, Attempt>,
  sick: ReadonlyMap<string, Candidate>,
  now: number,
): readonly Decision[] {
  if (!snapshot.health.synced) return []
  const present = new Set(snapshot.nodes.map((node) => node.uid))
  return records
    .filter((one) => one.phase === 'Pending' && !(sick.has(one.nodeUid) && pending.get(one.nodeUid) === one))
    .sort((a, b) => compareText(a.name, b.name))
    .map((record) => {
      const other = pending.get(record.nodeUid)
      const why = !present.has(record.nodeUid)
        ? 'the node is gone'
        : !sick.has(record.nodeUid)
          ? 'no rule matches the node any more'
          : record.deletedAt !== undefined
            ? 'somebody deleted this NodeRepair'
            : other
              ? `repair ${other.name} is about the same node`
              : 'the node rebooted: what was seen before counts no more'
      const gate: GateRecord = { gate: matching.name, answer: 'refuse', why, change: 'a rule matches the node again' }
      return {
        at: now,
        node: record.nodeName,
        nodeUid: record.nodeUid,
        record: record.name,
        outcome: 'cleared' as const,
        decidedBy: matching.name,
        gates: [gate],
        // How long it was sick counts where it comes and goes.
        sightings: present.has(record.nodeUid) && !sick.has(record.nodeUid) ? record.sightings : [],
      }
    })
}

/** The open Pending record of each node in its present boot, unless it is being deleted; with several, the lowest number and then name counts. */
function pendingByNode(records: readonly Attempt[], snapshot: ClusterSnapshot): ReadonlyMap<string, Attempt> {
  const boots = new Map(snapshot.nodes.map((node) => [node.uid, node.bootId]))
  const found = new Map<string, Attempt>()
  for (const record of records) {
    const boot = boots.get(record.nodeUid)
    const otherBoot = boot !== undefined && record.bootId !== undefined && boot !== record.bootId
    if (record.phase !== 'Pending' || otherBoot || record.deletedAt !== undefined) continue
    const known = found.get(record.nodeUid)
    if (!known || compareRecords(record, known) < 0) found.set(record.nodeUid, record)
  }
  return found
}

function compareRecords(a: Attempt, b: Attempt): number {
  return a.number - b.number || compareText(a.name, b.name)
}

function compareCandidates(a: Candidate, b: Candidate): number {
  return a.eligibleAt - b.eligibleAt || compareText(a.node.name, b.node.name) || compareText(a.node.uid, b.node.uid)
}

/** True when `next` says something else than `known`: only then is a record written again. */
export function saysSomethingElse(known: DecisionRecord | undefined, next: DecisionRecord): boolean {
  if (!known) return true
  const facts = (one: DecisionRecord): string =>
    JSON.stringify([one.outcome, one.rule, one.eligibleAt, one.gates.map((gate) => [gate.gate, gate.answer])])
  return facts(known) !== facts(next)
}
