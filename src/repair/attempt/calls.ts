/** The calls of an attempt: what is asked of its actor, and the one call that cannot be undone. */
import type { NodeView } from '../../model/node.ts'
import { earliest } from '../../model/own-time.ts'
import { type Attempt, enteredAt, type Plan } from '../../model/repair.ts'
import type { Actor, Operation, OperationView } from '../../providers/provider.ts'
import type { FindActor } from '../act/actions.ts'
import type { AttemptBook } from './book.ts'
import { invariant } from './invariant.ts'

/** One try per pass, which are a second apart at least: a short outage holds a repair up, and a long one does not. */
const mostSettles = 60

export class Calls {
  readonly #book: AttemptBook
  readonly #findActor: FindActor
  /** Successors picked in this process whose record is still on its way. */
  readonly #picked = new Map<string, string>()
  /** How often what a call left behind could not be taken back, by attempt. */
  readonly #unsettled = new Map<string, number>()
  /** What the last call was answered with where that was an error, by attempt. */
  readonly #turnedDown = new Map<string, string>()

  constructor(book: AttemptBook, findActor: FindActor) {
    this.#book = book
    this.#findActor = findActor
  }

  turnedDown({ name }: Attempt): string | undefined {
    return this.#turnedDown.get(name)
  }

  forget(name: string): void {
    this.#picked.delete(name)
    this.#turnedDown.delete(name)
    this.#unsettled.delete(name)
  }

  /** What became of the operation. Never rejects. */
  async look(attempt: Attempt): Promise<OperationView> {
    const { plan } = attempt
    const actor = plan && this.#findActor(plan)
    if (!plan || !actor) return { state: 'unknown', why: `provider ${plan?.provider ?? ''} is not available` }
    const view = await actor.look(this.#operationOf(attempt, plan))
    if (attempt.phase !== 'Observing' || view.state !== 'gone' || view.successor.kind !== 'found') return view
    const { uid } = view.successor.node
    if (this.#takenBy(attempt.name).has(uid)) {
      return { state: 'gone', successor: { kind: 'awaited', why: 'the new node is another repair’s successor' } }
    }
    this.#picked.set(attempt.name, uid)
    return view
  }

  /** Who makes the call; undefined where nobody can. */
  actorOf({ plan }: Attempt): Actor | undefined {
    return plan && this.#findActor(plan)
  }

  /**
   * Makes the call that cannot be undone. `node` is the node as the server has it now, and `leads` says whether we lead at
   * this moment. Rejects with what the actor rejects with, and where a fact does not hold that must.
   */
  async begin(attempt: Attempt, node: NodeView | undefined, leads: boolean, timeoutMs: number): Promise<void> {
    const { plan } = attempt
    const actor = this.actorOf(attempt)
    invariant(plan !== undefined && actor !== undefined, `${attempt.name} has no plan, or nobody to carry it out`)
    const operation = this.#operationOf(attempt, plan)
    invariant(operation.action === plan.action, `the plan says ${plan.action}, and the call ${operation.action}`)
    invariant(node?.uid === attempt.nodeUid, `the node ${attempt.nodeName} is another object than the one under repair`)
    invariant(leads, 'another controller leads')
    try {
      await actor.begin(operation, timeoutMs)
    } catch (error) {
      this.#turnedDown.set(attempt.name, error instanceof Error ? error.message : String(error))
      throw error
    }
  }

  /**
   * Takes back what the call has left behind. Rejects while that may yet be possible; where it is not, a repair ends all the same,
   * and the answer says what stayed.
   */
  async settle(attempt: Attempt, timeoutMs: number): Promise<string | undefined> {
    const { plan, name } = attempt
    const actor = this.actorOf(attempt)
    if (!plan || !actor?.settle) return undefined
    try {
      await actor.settle(this.#operationOf(attempt, plan), timeoutMs)
      this.#unsettled.delete(name)
      return undefined
    } catch (error) {
      const tries = (this.#unsettled.get(name) ?? 0) + 1
      this.#unsettled.set(name, tries)
      if (tries < mostSettles) throw error
      return `not taken back from ${plan.provider}: ${error instanceof Error ? error.message : String(error)}`
    }
  }

  #operationOf(attempt: Attempt, plan: Plan): Operation {
    const { name, nodeName, nodeUid, nodeLabels, call } = attempt
    const committedAt = enteredAt(attempt, 'Committing') ?? attempt.createdAt
    return {
      id: name,
      action: plan.action,
      nodeName,
      nodeUid,
      nodeLabels,
      target: plan.target,
      committedAt,
      displacingSince: earliest(attempt, attempt.taintedAt ?? committedAt),
      taken: this.#takenBy(name),
      ...(call && { bootId: call.bootId }),
    }
  }

  /** Nodes that count as the successor of another attempt. */
  #takenBy(name: string): ReadonlySet<string> {
    const recorded = this.#book.records.flatMap((one) =>
      one.name !== name && one.successor ? [one.successor.uid] : [],
    )
    const picked = [...this.#picked].flatMap(([by, uid]) => (by === name ? [] : [uid]))
    return new Set([...recorded, ...picked])
  }
}
