/** The pass: look, decide, record, act. Level-triggered: any pass may be the first after a crash, or the last before one. */
import { type Api, repairPolicies } from '../kube/api.ts'
import { isKubeError } from '../kube/errors.ts'
import { replaceObject } from '../kube/objects.ts'
import type { Decision } from '../model/decision.ts'
import { type ClusterSnapshot, isReady, type Leadership, type NodeView } from '../model/node.ts'
import type { Policy } from '../model/policy.ts'
import { type Attempt, isActive, isFinished } from '../model/repair.ts'
import type { Provider } from '../providers/provider.ts'
import type { Clock } from '../telemetry/clock.ts'
import { type FindActor, kindOf, noProvider } from './act/actions.ts'
import type { Drainer } from './act/drain/run.ts'
import type { LifecycleConditions } from './act/lifecycle/lifecycle.ts'
import type { OnNodePods } from './act/on-node/pods.ts'
import { targetOf } from './act/target.ts'
import { atOnce } from './at-once.ts'
import { admitted, newAttempt, providerAnswer, refusedLate, sightingsDiffer, withDecision } from './attempt/admit.ts'
import type { AttemptBook } from './attempt/book.ts'
import type { Executor } from './attempt/execute/executor.ts'
import { withPhase } from './attempt/transition.ts'
import { providerFor } from './decide/candidate.ts'
import { decide, mayGoOn, saysSomethingElse } from './decide/decide.ts'
import type { ErrorOccasion } from './metrics.ts'
import type { Observer } from './observe/observer.ts'
import { Questions } from './observe/questions.ts'
import { OwnClock } from './own-clock.ts'
import { carriedBy } from './policy/carried.ts'
import { inForce } from './policy/in-force.ts'
import type { ParsedPolicies } from './policy/parse.ts'
import { policyStatusFor } from './policy/status.ts'
import type { Reporter } from './report.ts'
import type { RightsQuestion } from './rights/question.ts'
import { tidy } from './tidy.ts'

/** Most non-urgent records written per pass: a thousand nodes that turn at once do not become a thousand writes. */
const recordsPerPass = 50
/** Decisions that are put on record at once: as many as a connection has sockets. */
const settledAtOnce = 8
/** Between passes while a repair is under way. */
const activeMs = 1_000
export interface ControllerOptions {
  readonly api: Api
  readonly clock: Clock
  readonly observer: Observer
  readonly book: AttemptBook
  readonly executor: Executor
  /** Asked what will hold up a drain before it is admitted. */
  readonly drainer: Pick<Drainer, 'foresee'>
  readonly providers: readonly Provider[]
  readonly findActor: FindActor
  readonly lifecycle: LifecycleConditions
  /** Runs pods on nodes; absent where the controller may not. */
  readonly onNode?: OnNodePods | undefined
  readonly rights: RightsQuestion
  readonly reporter: Reporter
  readonly leadership: () => Leadership
}

export class Controller {
  readonly #options: ControllerOptions
  /** The last good set: stays in force while the present one is refused. */
  #inForce: readonly Policy[] | undefined
  #lastGood: readonly Policy[] | undefined
  #judged: ParsedPolicies | undefined
  /** The condition types of all nodes when policies were last judged. */
  #carried = ''
  #reported = ''
  readonly #ownClock: OwnClock
  readonly #questions: Questions

  constructor(options: ControllerOptions) {
    this.#options = options
    this.#ownClock = new OwnClock(options.book)
    this.#questions = new Questions(options.observer, options.book, (what, run) => this.#try(what, run))
  }

  /** One pass. Resolves to the milliseconds after which the next one has something to do, at the latest. Never rejects. */
  async pass(): Promise<number> {
    const { clock, observer, book, reporter, leadership } = this.#options
    const started = clock.monotonic()
    if (leadership().leading) await this.#questions.ofOpenRepairs()
    let snapshot = observer.snapshot(leadership())
    if (!snapshot.health.synced || !snapshot.leadership.leading) {
      if (!snapshot.leadership.leading) observer.health.takeStep() // the stamps on record are the leader's
      reporter.pass(snapshot, [], book.records, 0, clock.now())
      return Number.POSITIVE_INFINITY
    }
    await this.#try('moving stamps with the clock', () =>
      this.#ownClock.correct(observer.health.takeStep(), clock.now()),
    )
    await this.#try('judging policies', () => this.#judgePolicies(snapshot.nodes))
    // A set that was never good says nothing about any node: records wait, repairs under way go on.
    let decisions = this.#decide(snapshot)
    if (decisions.length > 0 && (await this.#questions.ofFirstDecision())) {
      snapshot = observer.snapshot(leadership())
      decisions = this.#decide(snapshot)
    }
    await this.#settle(decisions, snapshot)
    const active = book.records.filter(isActive)
    const blocked = active.filter((one) => one.phase === 'Blocked')
    await Promise.all(active.filter((one) => one.phase !== 'Blocked').map((one) => this.#advance(one, snapshot)))
    // One after the other: each asks for a slot, and must see what the one before took.
    for (const one of blocked) await this.#advance(one, snapshot)
    if (this.#ownClock.done) await tidy(this.#options, snapshot, (what, run) => this.#try(what, run))
    await this.#try('answering health checks', () => observer.remediations.pass(snapshot.nodes, book.records))
    reporter.pass(snapshot, decisions, book.records, (clock.monotonic() - started) / 1000, clock.now())
    observer.health.passed(observer.trouble === undefined)
    return active.length > 0 ? activeMs : nextOpening(decisions, clock.now())
  }

  #decide(snapshot: ClusterSnapshot): readonly Decision[] {
    const { book, clock } = this.#options
    return this.#inForce ? decide(snapshot, this.#inForce, book.records, clock.now()) : []
  }

  /** A refused set changes nothing but its own status, and what it restrains. */
  async #judgePolicies(nodes: readonly NodeView[]): Promise<void> {
    const { api, clock, observer, providers, reporter } = this.#options
    const parsed = observer.policies
    if (parsed.errors.length === 0) this.#lastGood = parsed.policies
    this.#inForce = inForce(this.#lastGood, parsed)
    const carried = carriedBy(nodes)
    if (this.#judged === parsed && this.#carried === carried.join()) return
    const context = { parsed, inForce: this.#inForce, providers: providers.map((one) => one.name), carried }
    for (const object of observer.policyObjects) {
      const status = policyStatusFor(object, context, clock.now())
      if (!status) continue
      const { name = '' } = object.metadata
      await replaceObject(api, repairPolicies, { name }, { ...object, status }, { subresource: 'status' })
    }
    this.#judged = parsed
    this.#carried = carried.join()
    const news = JSON.stringify([parsed.policies.map((one) => [one.name, one.generation]), parsed.errors])
    if (news !== this.#reported) reporter.policies(parsed, observer.policyObjects)
    this.#reported = news
  }

  /** Puts every decision on record that says something new; starts what every gate allows. */
  async #settle(decisions: readonly Decision[], snapshot: ClusterSnapshot): Promise<void> {
    const nodes = new Map(snapshot.nodes.map((node) => [node.uid, node]))
    let writes = 0
    await atOnce(decisions, settledAtOnce, async (decision) => {
      const record = decision.record === undefined ? undefined : this.#options.book.find(decision.record)
      const node = nodes.get(decision.nodeUid)
      const news = record === undefined || saysNews(record, decision)
      if (!news && decision.outcome !== 'act') return
      if (decision.outcome !== 'act' && ++writes > recordsPerPass) return
      await this.#try('recording a decision', () => this.#settleOne(decision, record, node, snapshot))
    })
  }

  async #settleOne(
    decision: Decision,
    record: Attempt | undefined,
    node: NodeView | undefined,
    snapshot: ClusterSnapshot,
  ): Promise<void> {
    const { book, reporter } = this.#options
    if (decision.outcome === 'cleared') {
      if (!record) return
      const why = decision.gates[0]?.why ?? ''
      reporter.phase(
        await book.write(this.#ours(withPhase(withDecision(record, decision), 'Cancelled', decision.at, why))),
      )
      return
    }
    if (!node) return
    if (!record) {
      const acts = decision.outcome === 'act'
      const created = await book.create(this.#ours(newAttempt(decision, node, book.nextNumber(node.uid))), acts)
      if (!created) return
      reporter.decision(decision, created.name)
      if (acts) await this.#admit(decision, created, node, snapshot)
      return
    }
    if (decision.outcome === 'act') return this.#admit(decision, record, node, snapshot)
    reporter.decision(decision, record.name)
    await book.write(this.#ours(withDecision(record, decision)))
  }

  /** The last questions before anything is touched: what exactly would be acted on, and did somebody say no meanwhile? */
  async #admit(decision: Decision, record: Attempt, node: NodeView, snapshot: ClusterSnapshot): Promise<void> {
    const { book, drainer, findActor, observer, reporter, rights } = this.#options
    const policy = this.#inForce?.find((one) => one.name === decision.rule?.policy)
    const action = decision.rule?.action
    if (!policy || action === undefined || action === 'NoAction') return
    const provider = kindOf(action).by === 'provider' ? providerFor(node, policy, action) : noProvider
    if (provider === undefined) return
    const question = { node, provider, action, reason: decision.rule?.reason }
    const answer = await targetOf(findActor, question, (error) =>
      reporter.error('asking a provider for its target', error),
    )
    if (answer.kind === 'refused') {
      return this.#refuseLate(record, refusedLate(decision, providerAnswer, answer.why, answer.change))
    }
    const lacking = await rights.objection({ action, provider, target: answer.target, drain: policy.drain })
    if (lacking) return this.#refuseLate(record, refusedLate(decision, lacking.gate, lacking.why, lacking.change))
    const foreseen = kindOf(action).drains ? await drainer.foresee(node.name) : undefined
    const guarded = await book.guard(record)
    if (!guarded) return // deleted meanwhile: the next pass starts anew
    const no = await observer.lastLook.objection(snapshot, node, policy)
    if (no) return this.#refuseLate(guarded, refusedLate(decision, no.gate, no.why, no.change))
    reporter.decision(decision, record.name)
    const collects = this.#options.onNode !== undefined && isReady(node) && kindOf(action).by === 'provider'
    const plan = admitted(guarded, decision, policy, action, provider, answer.target, { foreseen, collects })
    reporter.phase(await book.write(this.#ours(plan)))
  }

  async #refuseLate(record: Attempt, refused: Decision): Promise<void> {
    const { book, reporter } = this.#options
    if (!saysNews(record, refused)) return
    reporter.decision(refused, record.name)
    await book.write(this.#ours(withDecision(record, refused)))
  }

  async #advance(attempt: Attempt, snapshot: ClusterSnapshot): Promise<void> {
    const { book, clock, executor, reporter } = this.#options
    const policies = this.#inForce ?? []
    const policy = policies.find((one) => one.name === attempt.plan?.policy)
    const situation = { snapshot, policies, records: book.records, now: clock.now() }
    // Without its policy a blocked repair has no budget left to ask: it goes on.
    const slotFree = attempt.phase !== 'Blocked' || !policy || mayGoOn(attempt, policy, situation)
    await this.#try('advancing a repair', () => executor.advance(attempt, snapshot, slotFree, this.#inForce))
    const now = book.find(attempt.name)
    if (now?.deletedAt !== undefined && !isFinished(now.phase)) reporter.goesOn(now)
  }

  #ours(attempt: Attempt): Attempt {
    const { identity, fencingToken } = this.#options.leadership()
    return { ...attempt, holder: identity, fencingToken }
  }

  /** A lost race is not an error: somebody else wrote, and the next pass sees it. */
  async #try(what: ErrorOccasion, run: () => Promise<unknown>): Promise<void> {
    try {
      await run()
    } catch (error) {
      if (!isKubeError(error, 'NM_KUBE_CONFLICT')) this.#options.reporter.error(what, error)
    }
  }
}

/** Until the first gate opens by itself that nothing before it stands in the way of. */
function nextOpening(decisions: readonly Decision[], now: number): number {
  return Math.max(0, Math.min(...decisions.map((one) => (one.until ?? Number.POSITIVE_INFINITY) - now)))
}

function saysNews(record: Attempt, decision: Decision): boolean {
  const withdrawn = record.approvedFor !== undefined && record.approvedBy === undefined
  return (
    withdrawn || saysSomethingElse(record.decision, decision) || sightingsDiffer(record.sightings, decision.sightings)
  )
}
