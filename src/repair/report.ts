/** What the controller tells: Events for people, metrics for machines, one log line per change. */
import type { KubeObject, Resource } from '../kube/api.ts'
import { isKubeError } from '../kube/errors.ts'
import type { EventRecorder } from '../kube/events/recorder.ts'
import type { Decision } from '../model/decision.ts'
import type { ClusterSnapshot, NodeView } from '../model/node.ts'
import { type Attempt, isFinished, type Phase, phaseSince } from '../model/repair.ts'
import type { Registry } from '../telemetry/exposition.ts'
import type { Log } from '../telemetry/log.ts'
import { kindOf } from './act/actions.ts'
import { freezeOf, unknownLeases } from './decide/gates/api-health.ts'
import { approval } from './decide/gates/approval.ts'
import { stale } from './decide/gates/stale.ts'
import { veto } from './decide/gates/veto.ts'
import { type ControllerMetrics, createMetrics, type ErrorOccasion, type RepairKind } from './metrics.ts'
import { crdsRemedy } from './observe/observer.ts'
import { describeError, type ParsedPolicies } from './policy/parse.ts'

/** A veto that stays is told again this often. */
const vetoEveryMs = 3_600_000

/** A stamp this far ahead of our clock is not jitter. */
const skewMs = 60_000

/** The phases in which the action has words of its own are not among them. */
const eventReasons: Readonly<Record<Exclude<Phase, 'Acting' | 'Observing'>, string>> = {
  Pending: 'RepairPending',
  Preparing: 'RepairStarted',
  Draining: 'RepairDraining',
  Blocked: 'RepairBlocked',
  Committing: 'RepairCommitted',
  Dwelling: 'RepairProving',
  Unknown: 'RepairUnknown',
  Succeeded: 'RepairSucceeded',
  Failed: 'RepairFailed',
  Cancelled: 'RepairCancelled',
}
const warnings: ReadonlySet<Phase> = new Set(['Blocked', 'Unknown', 'Failed'])

export interface ReporterOptions {
  readonly events: EventRecorder
  readonly registry: Registry
  readonly log: Log
}

export class Reporter {
  readonly #events: EventRecorder
  readonly #log: Log
  readonly #metrics: ControllerMetrics
  /** What the policies in force can lead to. */
  #expected: readonly RepairKind[] = []
  readonly #vetoes = new Map<string, number>()
  /** Deleted by a person and going on all the same: each is told once. */
  readonly #goingOn = new Set<string>()

  constructor({ events, registry, log }: ReporterOptions) {
    this.#events = events
    this.#log = log
    this.#metrics = createMetrics(registry, () => this.#expected)
  }

  /** A new phase is on record. */
  phase(attempt: Attempt): void {
    const { phase, nodeName, nodeUid, plan } = attempt
    const why = attempt.phases.at(-1)?.why ?? ''
    const type = warnings.has(phase) ? 'Warning' : 'Normal'
    const regarding = { kind: 'Node', name: nodeName, uid: nodeUid }
    this.#events.record({
      regarding,
      type,
      reason: eventReason(attempt),
      message: `${attempt.name}: ${why}`,
      key: attempt.name,
    })
    this.#log.info('repair phase', { node: nodeName, repair: attempt.name, phase, why })
    const before = attempt.phases.at(-2)
    if (before) this.#metrics.phaseSeconds.observe((phaseSince(attempt) - before.at) / 1000, { phase: before.phase })
    if (!isFinished(phase)) return
    this.#goingOn.delete(attempt.name)
    const { condition = attempt.decision?.rule?.condition ?? '', action = attempt.decision?.rule?.action ?? '' } =
      plan ?? {}
    this.#metrics.repairs.add({ outcome: phase, condition, action })
  }

  /** A person deleted the record after the provider had begun: nothing can be taken back. */
  goesOn({ name, nodeName, nodeUid, phase }: Attempt): void {
    if (this.#goingOn.has(name)) return
    this.#goingOn.add(name)
    const message = `${name}: somebody deleted it, but the provider has begun (${phase}): it goes on, and its NodeRepair goes when it has ended`
    this.#node({ node: nodeName, nodeUid }, 'Warning', 'RepairGoesOn', message)
    this.#log.warn('a deleted repair goes on', { node: nodeName, repair: name, phase })
  }

  /** A decision was put on record because it says something new. */
  decision(decision: Decision, name: string): void {
    const gate = decision.gates.find((one) => one.gate === decision.decidedBy)
    const why = gate?.why ?? 'every gate allows it'
    this.#log.info('decision', {
      node: decision.node,
      repair: name,
      outcome: decision.outcome,
      decidedBy: decision.decidedBy,
      why,
    })
    if (decision.outcome === 'would-act') {
      const { action = '', condition = '', reason = '' } = decision.rule ?? {}
      const message = `${name}: would ${action} because of ${condition} (${reason}); ${why}`
      this.#node(decision, 'Normal', 'RepairWouldAct', message)
    } else if (decision.decidedBy === approval.name) {
      this.#node(decision, 'Normal', 'RepairNeedsApproval', `${name}: ${why}: ${gate?.change ?? ''}`)
    } else if (decision.outcome === 'refuse') {
      this.#node(decision, 'Warning', 'RepairRefused', `${name}: ${decision.decidedBy ?? ''}: ${why}`)
    }
  }

  /** One pass: what stands where. */
  pass(
    snapshot: ClusterSnapshot,
    decisions: readonly Decision[],
    records: readonly Attempt[],
    seconds: number,
    now: number,
  ): void {
    const { open, decided, blockedPods, frozen, skewed, leader, synced, passSeconds } = this.#metrics
    for (const metric of [open, decided, blockedPods]) metric.reset()
    for (const one of records.filter((record) => !isFinished(record.phase))) open.add({ phase: one.phase })
    for (const one of decisions) decided.add({ outcome: one.outcome, gate: one.decidedBy ?? '' })
    for (const one of records) {
      if (!isFinished(one.phase) && one.drain) blockedPods.add({ node: one.nodeName }, one.drain.blockers.length)
    }
    this.#metrics.stale.set(
      decisions.filter((one) => one.gates.some((gate) => gate.gate === stale.name && gate.answer !== 'allow')).length,
    )
    frozen.set(isFrozen(snapshot, decisions, now) ? 1 : 0)
    skewed.set(snapshot.nodes.filter((node) => isAhead(node, now)).length)
    leader.set(snapshot.leadership.leading ? 1 : 0)
    synced.set(snapshot.health.synced ? 1 : 0)
    passSeconds.observe(seconds)
    this.#remindOfVetoes(decisions, now)
  }

  /** The policy set was taken or refused. */
  policies({ policies, errors }: ParsedPolicies, objects: readonly KubeObject[]): void {
    this.#metrics.policies.set(policies.length, { state: 'accepted' })
    this.#metrics.policies.set(new Set(errors.map((error) => error.policy)).size, { state: 'refused' })
    for (const { metadata } of objects) {
      const own = errors.filter((error) => error.policy === metadata.name)
      if (own.length > 0) this.#policyRefused(metadata, own)
    }
    if (errors.length > 0) this.#log.error('policies refused', { errors })
    else this.#inForce(policies)
  }

  #inForce(policies: ParsedPolicies['policies']): void {
    this.#expected = policies.flatMap(({ match, ladder }) =>
      match.flatMap(({ condition }) =>
        ladder.flatMap(({ action }) => (action === 'NoAction' ? [] : [{ condition, action }])),
      ),
    )
    this.#log.info('policies in force', { policies: policies.map((one) => `${one.name}@${one.generation}`) })
  }

  #policyRefused({ name = '', uid }: KubeObject['metadata'], errors: ParsedPolicies['errors']): void {
    const regarding = {
      apiVersion: 'nodemend.dev/v1alpha1',
      kind: 'RepairPolicy',
      name,
      ...(uid !== undefined && { uid }),
    }
    const message = `the whole set is refused, the last good one stays: ${errors.map(describeError).join('; ')}`
    this.#events.record({ regarding, type: 'Warning', reason: 'PolicyRefused', message })
  }

  error(what: ErrorOccasion, error: unknown): void {
    this.#metrics.errors.add({ during: what })
    this.#log.error(what, { error })
  }

  /** A watch broke. That the server's history no longer reaches back is no error: a list follows. */
  unwatched({ plural }: Resource, error: unknown): void {
    if (isKubeError(error, 'NM_KUBE_EXPIRED')) {
      this.#log.info(`the API server no longer has the history of ${plural}: they are listed anew`, { error })
      return
    }
    this.#metrics.errors.add({ during: 'watching' })
    this.#log.error(`cannot watch ${plural}`, { error })
  }

  /** A kind of ours is not served, or no longer: without it nothing is decided. */
  unserved({ plural, group }: Resource, error: unknown): void {
    const kind = `${plural}.${group}`
    this.#metrics.errors.add({ during: 'watching' })
    const remedy = `${crdsRemedy}; policies that were deleted with their CRD must be applied again, too`
    this.#log.error('the cluster does not serve our CRD: no node is repaired', { kind, error, remedy })
  }

  servedAgain({ plural, group }: Resource): void {
    this.#log.info('the cluster serves our CRD again', { kind: `${plural}.${group}` })
  }

  #remindOfVetoes(decisions: readonly Decision[], now: number): void {
    const vetoed = decisions.filter((one) =>
      one.gates.some((gate) => gate.gate === veto.name && gate.answer !== 'allow'),
    )
    this.#metrics.vetoed.set(vetoed.length)
    for (const uid of this.#vetoes.keys()) if (!vetoed.some((one) => one.nodeUid === uid)) this.#vetoes.delete(uid)
    for (const one of vetoed) {
      if (now - (this.#vetoes.get(one.nodeUid) ?? Number.NEGATIVE_INFINITY) < vetoEveryMs) continue
      this.#vetoes.set(one.nodeUid, now)
      this.#node(one, 'Normal', 'RepairVetoed', one.gates.find((gate) => gate.gate === veto.name)?.why ?? '')
    }
  }

  #node(
    decision: Pick<Decision, 'node' | 'nodeUid'>,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
  ): void {
    this.#events.record({
      regarding: { kind: 'Node', name: decision.node, uid: decision.nodeUid },
      type,
      reason,
      message,
    })
  }
}

function eventReason({ phase, plan }: Attempt): string {
  if (phase !== 'Acting' && phase !== 'Observing') return eventReasons[phase]
  return plan ? kindOf(plan.action).words.events[phase] : 'RepairActing'
}

/** A controller that does not lead freezes nothing, nor do leases that there was no reason to list. */
function isFrozen({ leadership, health }: ClusterSnapshot, decisions: readonly Decision[], now: number): boolean {
  if (!leadership.leading) return false
  return freezeOf(health, now) !== undefined || (decisions.length > 0 && unknownLeases(health) !== undefined)
}

function isAhead(node: NodeView, now: number): boolean {
  return node.conditions.some((one) => Date.parse(one.lastTransitionTime) > now + skewMs)
}
