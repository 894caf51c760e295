/** Calls of repairs that the API server forbids: a right that is missing now is missing in a second, too. */
import { isKubeError } from '../../kube/errors.ts'
import type { Clock } from '../../telemetry/clock.ts'

/** After the first 403; doubled after each further one. */
export const firstPauseMs = 10_000
export const longestPauseMs = 5 * 60_000

interface Refused {
  readonly why: string
  readonly until: number
  readonly pauseMs: number
}

/** By attempt. In memory alone: a successor asks once itself. */
export class RefusedCalls {
  readonly #clock: Clock
  readonly #refused = new Map<string, Refused>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Why no call of `attempt` is made now; undefined when one may be. */
  pausing(attempt: string): string | undefined {
    const found = this.#refused.get(attempt)
    return found && this.#clock.monotonic() < found.until ? found.why : undefined
  }

  /** A call has failed: when it was forbidden the next one waits, and the answer is what was said. */
  failed(attempt: string, error: unknown): string | undefined {
    if (!isKubeError(error, 'NM_KUBE_FORBIDDEN')) return undefined
    const before = this.#refused.get(attempt)?.pauseMs
    const pauseMs = before === undefined ? firstPauseMs : Math.min(longestPauseMs, before * 2)
    this.#refused.set(attempt, { why: error.message, until: this.#clock.monotonic() + pauseMs, pauseMs })
    return error.message
  }

  forget(attempt: string): void {
    this.#refused.delete(attempt)
  }
}
