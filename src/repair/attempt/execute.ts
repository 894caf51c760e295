/** Does what `step.ts` says, one idempotent step after the other, and records each before the next. */
import type { Api } from '../../kube/api.ts'
import { isKubeError } from '../../kube/errors.ts'
import type { ClusterSnapshot, Leadership } from '../../model/node.ts'
import { type Attempt, isFinished, type Phase } from '../../model/repair.ts'
import type { Operation, OperationView, Provider } from '../../providers/provider.ts'
import type { Clock } from '../../telemetry/clock.ts'
import type { Drainer, DrainPass } from '../act/drain/run.ts'
import { removeTaint, setTaint } from '../act/taint.ts'
import type { LastLook } from '../observe/last-look.ts'
import type { AttemptBook } from './book.ts'
import { nextStep } from './step.ts'
import { type Step, withPhase } from './transition.ts'

/** Steps of one attempt in one tick: enough for every phase once, so that a tick always ends. */
const mostSteps = 16

export interface ExecutorOptions {
  readonly api: Api
  readonly clock: Clock
  readonly book: AttemptBook
  readonly drainer: Drainer
  readonly providers: readonly Provider[]
  /** Asked again before every call that changes something. */
  readonly leadership: () => Leadership
  /** Asked again before every step that cannot be taken back, and before the first one that touches the node. */
  readonly lastLook: LastLook
  /** Told of every new phase that is on record. */
  readonly onPhase: (attempt: Attempt) => void
}

/** The deadline of the deleting call. It always ends before our leadership does, so that a lost leader's call is over. */
const longestReplaceMs = 5_000
/** Less time than this is not worth beginning. */
const shortestReplaceMs = 500

/** What one tick works on. */
interface Tick {
  snapshot: ClusterSnapshot
  readonly slotFree: boolean
  attempt: Attempt
  pass?: DrainPass
  unread?: string
  operation?: OperationView
}

export class Executor {
  readonly #options: ExecutorOptions
  /** Replacements picked in this process whose record is still on its way. */
  readonly #picked = new Map<string, string>()
  /** What the provider's API last said no with, by attempt. */
  readonly #turnedDown = new Map<string, string>()

  constructor(options: ExecutorOptions) {
    this.#options = options
  }

  /**
   * Takes the attempt as far as it goes now; answers why it goes no further. Rejects with KubeError when the API does not
   * follow: the next tick starts from the record again.
   */
  async advance(attempt: Attempt, snapshot: ClusterSnapshot, slotFree: boolean): Promise<string> {
    const tick: Tick = { snapshot, slotFree, attempt }
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
    const turnedDown = this.#turnedDown.get(attempt.name)
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
        tick.operation = await this.#look(tick.attempt)
        return undefined
      case 'taint':
        return this.#taint(tick)
      case 'drain':
        return this.#drain(tick)
      case 'replace':
        return this.#replace(tick)
      case 'record':
        return commits(step, tick.attempt) ? this.#commit(tick) : this.#record(tick, step.attempt, step.untaint)
    }
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
    const answer = await setTaint(this.#options.api, { name: attempt.nodeName, uid: attempt.nodeUid }, attempt.name)
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

  async #drain(tick: Tick): Promise<string | undefined> {
    const { plan, drain } = tick.attempt
    if (!plan || !drain) return 'not admitted'
    try {
      tick.pass = await this.#options.drainer.pass(tick.attempt, plan.drain, drain.deadline)
    } catch (error) {
      if (!isKubeError(error)) throw error
      tick.unread = error.message
    }
    return undefined
  }

  async #look(attempt: Attempt): Promise<OperationView> {
    const provider = this.#providerOf(attempt)
    const operation = this.#operationOf(attempt)
    if (!provider || !operation)
      return { state: 'unknown', why: `provider ${attempt.plan?.provider ?? ''} is not available` }
    const view = await provider.look(operation)
    if (attempt.phase !== 'Observing' || view.state !== 'gone' || view.successor.kind !== 'found') return view
    const { uid } = view.successor.node
    if (this.#takenBy(attempt.name).has(uid)) {
      return { state: 'gone', successor: { kind: 'awaited', why: 'the new node is another repair’s replacement' } }
    }
    this.#picked.set(attempt.name, uid)
    return view
  }

  /** The one call that cannot be undone: only from a record that is on the server, and with time left as the leader. */
  async #replace(tick: Tick): Promise<string | undefined> {
    const { clock, book, leadership } = this.#options
    const { attempt } = tick
    const provider = this.#providerOf(attempt)
    const operation = this.#operationOf(attempt)
    if (!provider || !operation) return `provider ${attempt.plan?.provider ?? ''} is not available`
    const onServer = await book.refresh(attempt.name)
    if (onServer?.resourceVersion !== attempt.resourceVersion) return 'the record changed meanwhile'
    const step = await this.#again(tick)
    if (step.kind !== 'replace') return this.#perform(step, tick)
    if (this.#refusal(attempt) !== undefined) return 'not the leader'
    const timeoutMs = Math.min(longestReplaceMs, leadership().until - clock.now())
    if (timeoutMs < shortestReplaceMs) return 'too little time left as the leader'
    try {
      await provider.replace(operation, timeoutMs)
    } catch (error) {
      this.#turnedDown.set(attempt.name, error instanceof Error ? error.message : String(error))
      throw error // whether it began all the same, the next tick asks the provider
    }
    delete tick.operation
    tick.operation = await this.#look(attempt)
    return tick.operation.state === 'not-started' ? 'the provider has not begun yet' : undefined
  }

  async #record(tick: Tick, next: Attempt, untaint: boolean): Promise<string | undefined> {
    const { api, book, leadership, onPhase } = this.#options
    const { attempt } = tick
    if (untaint) await removeTaint(api, { name: attempt.nodeName, uid: attempt.nodeUid }, attempt.name)
    const { identity, fencingToken } = leadership()
    tick.attempt = await book.write({ ...next, holder: identity, fencingToken })
    delete tick.pass
    delete tick.unread
    delete tick.operation
    if (next.phase === attempt.phase) return 'recorded'
    if (isFinished(next.phase)) this.#forget(attempt.name)
    onPhase(tick.attempt)
    return undefined
  }

  #forget(name: string): void {
    this.#picked.delete(name)
    this.#turnedDown.delete(name)
    this.#options.drainer.forget(name)
  }

  #providerOf(attempt: Attempt): Provider | undefined {
    return this.#options.providers.find((one) => one.name === attempt.plan?.provider)
  }

  #operationOf(attempt: Attempt): Operation | undefined {
    const { plan, name, nodeName, nodeUid, nodeLabels } = attempt
    if (!plan) return undefined
    const committedAt = enteredAt(attempt, 'Committing')
    return {
      id: name,
      nodeName,
      nodeUid,
      nodeLabels,
      target: plan.target,
      committedAt,
      displacingSince: attempt.taintedAt ?? committedAt,
      taken: this.#takenBy(name),
    }
  }

  /** Nodes that count as the replacement of another attempt. */
  #takenBy(name: string): ReadonlySet<string> {
    const recorded = this.#options.book.records.flatMap((one) =>
      one.name !== name && one.replacement ? [one.replacement.uid] : [],
    )
    const picked = [...this.#picked].flatMap(([by, uid]) => (by === name ? [] : [uid]))
    return new Set([...recorded, ...picked])
  }
}

/** True for the step that puts `Committing` on record. */
function commits(step: Step, { phase }: Attempt): boolean {
  return step.kind === 'record' && step.attempt.phase === 'Committing' && phase !== 'Committing'
}

/** When the attempt first entered `phase`. */
function enteredAt(attempt: Attempt, phase: Phase): number {
  return attempt.phases.find((entry) => entry.phase === phase)?.at ?? attempt.createdAt
}
