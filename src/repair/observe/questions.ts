/** What is asked and not watched: the pause, the settings of Karpenter, kubelet leases. A quiet cluster is asked nothing. */
import { isActive, isFinished } from '../../model/repair.ts'
import type { AttemptBook } from '../attempt/book.ts'
import type { ErrorOccasion } from '../metrics.ts'
import type { Observer } from './observer.ts'

type Try = (what: ErrorOccasion, run: () => Promise<unknown>) => Promise<void>

/** Each by itself: one that cannot be read must not leave the others as they were. Each knows when it is due. */
export class Questions {
  readonly #observer: Observer
  readonly #book: AttemptBook
  readonly #try: Try

  constructor(observer: Observer, book: AttemptBook, attempt: Try) {
    this.#observer = observer
    this.#book = book
    this.#try = attempt
  }

  /** Before a pass over repairs that are open. */
  async ofOpenRepairs(): Promise<void> {
    const { pause, leases } = this.#observer
    const { records } = this.#book
    if (!records.some((one) => !isFinished(one.phase))) return
    // What is under way is held by a pause from the next pass on; what only waits can bear an older answer.
    await (records.some(isActive) ? pause.ask() : pause.poll())
    await this.#askKarpenter() // known before the first decision
    await this.#try('reading kubelet leases', () => leases.poll())
  }

  /** Once there is a sick node: true when there is something newer to decide by. */
  async ofFirstDecision(): Promise<boolean> {
    const { pause, leases } = this.#observer
    const asked = [await pause.poll(), await this.#askKarpenter()]
    if (leases.known) return asked.includes(true)
    await this.#try('reading kubelet leases', () => leases.poll())
    return true
  }

  async #askKarpenter(): Promise<boolean> {
    let asked = false
    await this.#try('reading the settings of Karpenter', async () => {
      asked = await this.#observer.karpenter.poll()
    })
    return asked
  }
}
