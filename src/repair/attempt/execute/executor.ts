import { isKubeError } from '../../../kube/errors.ts'
import type { ClusterSnapshot } from '../../../model/node.ts'
import type { Policy } from '../../../model/policy.ts'
import { type Attempt, isBeforeCommit, isFinished, type Phase } from '../../../model/repair.ts'
import { drainTaintOf } from '../../../providers/providers.ts'
import { kindOf } from '../../act/actions.ts'
import type { DrainPass } from '../../act/drain/run.ts'
import { mostListed } from '../../act/drain/summary.ts'
import { type GangPeer, gangPeers } from '../../act/gang/peers.ts'
import { isGangMarkOf, removeTaint, setTaint } from '../../act/taint.ts'
import { RefusedCalls } from '../../rights/refused-calls.ts'
import { refusalOf } from '../interrupt.ts'
import { invariant } from '../invariant.ts'
import { nextStep } from '../step.ts'
import { oldNode, type Step, withPhase } from '../transition.ts'
import type { ExecutorOptions, Tick } from './parts.ts'

/** Steps of one attempt in one tick: enough for every phase once, so that a tick always ends. */
const mostSteps = 16

/** The deadline of the call that cannot be undone. It always ends before our leadership does, so that a lost leader's call is over. */
const longestCallMs = 5_000
/** Less time than this is not worth beginning. */
const shortestCallMs = 500

export class Executor {
  readonly #options: ExecutorOptions
  readonly #refused: RefusedCalls

  constructor(options: ExecutorOptions) {
    this.#options = options
    this.#refused = new RefusedCalls(options.clock)
  }

  /**
   * Takes the attempt as far as it goes now; answers why it goes no further. `policies` are those in force. Rejects with
   * KubeError when the API does not follow: the next tick starts from the record again.
   */
  async advance(
    attempt: Attempt,
    snapshot: ClusterSnapshot,
    slotFree: boolean,
    policies?: readonly Policy[],
  ): Promise<string> {
    const tick: Tick = { snapshot, slotFree, attempt, ...(policies && { policies }) }
    for (let steps = 0; steps < mostSteps; steps++) {
      const refused = this.#refusal(tick.attempt)
      if (refused !== undefined) return refused
      const step = this.#next(tick)
      const why = await this.#perform(step, tick)
      if (why !== undefined) return why
      if (isFinished(tick.attempt.phase)) return 'finished'
    }
    return 'goes on in the next tick'
  }

  #next(tick: Tick): Step {
    const { attempt, ...view } = tick
    const turnedDown = this.#options.calls.turnedDown(attempt)
    return nextStep(attempt, {
      ...view,
      ...(turnedDown !== undefined && { turnedDown }),
      now: this.#options.clock.now(),
    })
  }

  /** What is to be done after a last look at what people said; whatever that is, it stands on what the server has now. */
  async #again(tick: Tick): Promise<Step> {
    const { nodeName: name, nodeUid: uid } = tick.attempt
    const fresh = await this.#options.lastLook.refresh(tick.snapshot, { name, uid })
    if (typeof fresh === 'string') return { kind: 'wait', why: fresh }
    tick.snapshot = fresh
    return this.#next(tick)
  }

  /** Only the leader acts, and never against a record that its successor has written. */
  #refusal(attempt: Attempt): string | undefined {
    const { leading, until, fencingToken } = this.#options.leadership()
    if (!leading || until <= this.#options.clock.now()) return 'not the leader'
    return (attempt.fencingToken ?? 0) > fencingToken ? 'a newer leader has taken it over' : undefined
  }

  /** Undefined: go on with the next step. */
  async #perform(step: Step, tick: Tick): Promise<string | undefined> {
    switch (step.kind) {
      case 'wait':
        return step.why
      case 'look':
        tick.operation = await this.#options.calls.look(tick.attempt)
        return undefined
      case 'taint':
        return this.#unlessForbidden(tick, () => this.#taint(tick))
      case 'collect':
        return this.#collect(tick)
      case 'drain':
        return this.#drain(tick)
      case 'call':
        return this.#unlessForbidden(tick, () => this.#call(tick))
      case 'record':
        return commits(step, tick.attempt) ? this.#commit(tick) : this.#record(tick, step.attempt, step.untaint)
    }
  }

  /** A call that was forbidden a moment ago is not made; what the API server said is on record. */
  async #unlessForbidden(tick: Tick, call: () => Promise<string | undefined>): Promise<string | undefined> {
    const { name } = tick.attempt
    const pausing = this.#refused.pausing(name)
    if (pausing !== undefined) return pausing
    try {
      return await call()
    } catch (error) {
      const trouble = this.#refused.failed(name, error) ?? wordsOf(error)
      if (trouble !== undefined) await this.#recordTrouble(tick, trouble)
      throw error
    }
  }

  /** Once for the same words; undefined takes them off the record. */
  async #recordTrouble(tick: Tick, trouble: string | undefined): Promise<void> {
    const { trouble: before, ...rest } = tick.attempt
    if (before === trouble) return
    await this.#record(tick, trouble === undefined ? rest : { ...rest, trouble }, false)
  }

  async #commit(tick: Tick): Promise<string | undefined> {
    const step = await this.#again(tick)
    if (step.kind !== 'record' || !commits(step, tick.attempt)) return this.#perform(step, tick)
    if (this.#refusal(tick.attempt) !== undefined) return 'not the leader'
    return this.#record(tick, step.attempt, step.untaint)
  }

  async #taint(tick: Tick): Promise<string | undefined> {
    const { attempt } = tick
    const step = await this.#again(tick)
    if (step.kind !== 'taint') return this.#perform(step, tick)
    const leaveLoadBalancers = attempt.plan?.drain.leaveLoadBalancersMs !== undefined
    const node = { name: attempt.nodeName, uid: attempt.nodeUid }
    const answer = await setTaint(this.#options.api, node, attempt.name, { leaveLoadBalancers })
    const now = this.#options.clock.now()
    if (answer === 'foreign') {
      const cancelled = withPhase(attempt, 'Cancelled', now, 'another repair has its taint on the node')
      return this.#record(tick, cancelled, false)
    }
    if (answer === 'gone') {
      return this.#record(tick, withPhase(attempt, 'Cancelled', now, 'the node is gone'), false)
    }
    await this.#record(tick, { ...attempt, taintedAt: now }, false)
    return undefined // progress within a phase ends a tick elsewhere; here the drain is next, and need not wait
  }

  /** On record before it begins, so that it begins once. No trouble of it holds the repair. */
  async #collect(tick: Tick): Promise<string | undefined> {
    const { clock, evidence: collector } = this.#options
    const { attempt } = tick
    const { since } = attempt.evidence ?? { since: clock.now() }
    if (!attempt.evidence) await this.#record(tick, { ...attempt, evidence: { since } }, false)
    const bootId = oldNode(tick.attempt, tick.snapshot)?.bootId
    const said = await (attempt.evidence ? collector.said(attempt) : collector.begin(tick.attempt, bootId))
    if (said === undefined) return 'collects evidence from the node'
    await this.#record(tick, { ...tick.attempt, evidence: { since, said } }, false)
    return undefined
  }

  async #drain(tick: Tick): Promise<string | undefined> {
    const { plan, drain } = tick.attempt
    if (!plan || !drain) return 'not admitted'
    tick.unread = this.#refused.pausing(tick.attempt.name)
    if (tick.unread !== undefined) return undefined
    try {
      const { endsMachine, drainsOnly } = kindOf(plan.action)
      const providerTaint = endsMachine ? drainTaintOf(plan.provider) : undefined
      const departure = { machineGoes: endsMachine, providerTaint, peers: this.#peers(tick), concerns: drainsOnly }
      tick.pass = await this.#options.drainer.pass(tick.attempt, plan.drain, drain.deadline, departure)
    } catch (error) {
      if (!isKubeError(error)) throw error
      const trouble = this.#refused.failed(tick.attempt.name, error)
      if (trouble !== undefined) await this.#recordTrouble(tick, trouble)
      tick.unread = error.message
      return undefined
    }
    const pass = await this.#fenced(tick, tick.pass)
    await this.#recordTrouble(tick, undefined)
    tick.pass = pass
    return undefined
  }

  /** On a machine that is certainly off, pods that nobody ends are freed. */
  async #fenced({ attempt, snapshot }: Tick, pass: DrainPass): Promise<DrainPass> {
    const node = oldNode(attempt, snapshot)
    if (!pass.unended || pass.taintGone || !node) return pass
    const { freeing, note } = await this.#options.fence.look(attempt, node)
    return { ...pass, freeing, notes: [...new Set([...(pass.notes ?? []), note])].slice(0, mostListed) }
  }

  /** Other sick nodes with a last look at each: what people have just said counts there, too. */
  #peers({ attempt, snapshot }: Tick): readonly GangPeer[] {
    const { book, clock, lastLook } = this.#options
    return gangPeers(attempt, snapshot, book.records, async ({ name, uid }) => {
      const fresh = await lastLook.refresh(snapshot, { name, uid })
      if (typeof fresh === 'string') return fresh
      const view = fresh.nodes.find((one) => one.uid === uid)
      return view ? refusalOf(view, fresh, clock.now()) : 'the node is gone'
    })
  }

  /** Only from a record that is on the server, and with time left as the leader. */
  async #call(tick: Tick): Promise<string | undefined> {
    const { clock, book, leadership, calls } = this.#options
    const { attempt } = tick
    if (!calls.actorOf(attempt)) return `provider ${attempt.plan?.provider ?? ''} is not available`
    const onServer = await book.refresh(attempt.name)
    if (onServer?.resourceVersion !== attempt.resourceVersion) return 'the record changed meanwhile'
    const step = await this.#again(tick)
    if (step.kind !== 'call') return this.#perform(step, tick)
    if (this.#refusal(attempt) !== undefined) return 'not the leader'
    const traceless = attempt.plan !== undefined && !kindOf(attempt.plan.action).traceable
    const timeLeft = (): number => Math.min(longestCallMs, leadership().until - clock.now())
    if (timeLeft() < shortestCallMs) return 'too little time left as the leader'
    if (traceless) await this.#writeAhead(tick)
    const timeoutMs = timeLeft()
    if (timeoutMs < shortestCallMs) return 'too little time left as the leader'
    const leads = this.#refusal(tick.attempt) === undefined
    await calls.begin(tick.attempt, oldNode(attempt, tick.snapshot), leads, timeoutMs) // an error: the next tick looks
    tick.operation = traceless ? { state: 'running', why: 'the call was taken' } : await calls.look(attempt)
    return tick.operation.state === 'not-started' ? 'the provider has not begun yet' : undefined
  }

  /** The record of a call that leaves no trace. From here on it counts as sent, even if this process ends. */
  async #writeAhead(tick: Tick): Promise<void> {
    const { clock } = this.#options
    const bootId = oldNode(tick.attempt, tick.snapshot)?.bootId
    invariant(bootId !== undefined, `${tick.attempt.nodeName} reports no boot id`)
    invariant(tick.attempt.call === undefined, `the call of ${tick.attempt.name} is on record already`)
    await this.#record(tick, { ...tick.attempt, call: { at: clock.now(), bootId } }, false)
    // An API server with an older CRD drops the fields: then nothing would say that the call was made.
    invariant(tick.attempt.call !== undefined, 'the API server did not keep the call on record: apply the CRDs again')
  }

  async #record(tick: Tick, next: Attempt, untaint: boolean): Promise<string | undefined> {
    const { api, book, leadership, lifecycle, onPhase } = this.#options
    const { attempt } = tick
    const trouble = settles(attempt, next) ? await this.#options.calls.settle(attempt, longestCallMs) : undefined
    if (attempt.drain && isFinished(next.phase)) await this.#takeBack(tick)
    if (drains(attempt.phase) && !drains(next.phase)) await this.#options.fence.release(attempt)
    if (untaint) await removeTaint(api, { name: attempt.nodeName, uid: attempt.nodeUid }, attempt.name)
    const { identity, fencingToken } = leadership()
    tick.attempt = await book.write({ ...noted(next, trouble), holder: identity, fencingToken })
    delete tick.pass
    delete tick.unread
    delete tick.operation
    if (next.phase === attempt.phase) return 'recorded'
    this.#refused.forget(attempt.name)
    if (isFinished(next.phase)) this.#forget(attempt.name)
    onPhase(tick.attempt)
    await lifecycle.show(tick.attempt)
    return undefined
  }

  async #takeBack({ attempt, snapshot }: Tick): Promise<void> {
    const marked = snapshot.nodes.filter(({ taints }) => taints.some((one) => isGangMarkOf(one, attempt.name)))
    await this.#options.drainer.takeBack(
      attempt,
      marked.map(({ name }) => name),
    )
  }

  #forget(name: string): void {
    this.#options.calls.forget(name)
    this.#options.drainer.forget(name)
  }
}

/** True for the step that puts `Committing` on record. */
function commits(step: Step, { phase }: Attempt): boolean {
  return step.kind === 'record' && step.attempt.phase === 'Committing' && phase !== 'Committing'
}

/** True for the step after which nobody waits for the call any more. */
function settles({ phase }: Attempt, next: Attempt): boolean {
  if (isBeforeCommit(phase) || next.phase === phase) return false
  return next.phase === 'Dwelling' || isFinished(next.phase)
}

/** Beside why the phase began: what stayed behind stays on record. */
function noted(next: Attempt, trouble: string | undefined): Attempt {
  const begun = next.phases.at(-1)
  if (trouble === undefined || begun === undefined) return next
  return { ...next, phases: [...next.phases.slice(0, -1), { ...begun, why: `${begun.why}; ${trouble}` }] }
}

function drains(phase: Phase): boolean {
  return phase === 'Draining' || phase === 'Blocked'
}

/** What the API server said; a lost race is no trouble. */
function wordsOf(error: unknown): string | undefined {
  return isKubeError(error) && error.code !== 'NM_KUBE_CONFLICT' ? error.message : undefined
}
