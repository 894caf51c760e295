/** When passes happen: regularly, soon after a change, and when something falls due. Never two at once. */
import { type Cancel, type Clock, sleep } from '../telemetry/clock.ts'

/** Changes come in bursts; one pass answers a burst. */
const coalesceMs = 200
/** After quiet times a first change waits only for those that come with it. */
const gatherMs = 20

export interface PassLoopOptions {
  readonly clock: Clock
  /** Between passes of a quiet cluster. */
  readonly intervalMs: number
  /** Resolves to the milliseconds after which it has something to do again, at the latest. Must not reject. */
  readonly pass: () => Promise<number>
  readonly signal: AbortSignal
}

export class PassLoop {
  readonly #options: PassLoopOptions
  #wanted = false
  #interrupt: Cancel | undefined

  constructor(options: PassLoopOptions) {
    this.#options = options
  }

  /** Asks for a pass soon. */
  wake(): void {
    this.#wanted = true
    this.#interrupt?.()
  }

  /** Runs passes until the signal is aborted; the pass that is running then is finished first. */
  async run(): Promise<void> {
    const { clock, intervalMs, pass, signal } = this.#options
    while (!signal.aborted) {
      this.#wanted = false
      const dueMs = await pass()
      const endedAt = clock.monotonic()
      if (!this.#wanted) await this.#pause(Math.min(dueMs, intervalMs))
      const restMs = Math.max(gatherMs, coalesceMs - (clock.monotonic() - endedAt))
      await sleep(clock, Math.min(restMs, intervalMs), signal).catch(() => undefined)
    }
  }

  #pause(ms: number): Promise<void> {
    const { clock, signal } = this.#options
    return new Promise((resolve) => {
      const done = (): void => {
        cancel()
        signal.removeEventListener('abort', done)
        this.#interrupt = undefined
        resolve()
      }
      const cancel = clock.after(ms, done)
      this.#interrupt = done
      signal.addEventListener('abort', done, { once: true })
      if (signal.aborted) done()
    })
  }
}
