/** Waiting times between tries: doubled each time, with jitter, so that the tries of a fleet spread over time. */
import type { Random } from '../telemetry/clock.ts'

export interface Backoff {
  /** Milliseconds to wait before the next try; at least `floorMs` (a server's Retry-After) where that is given. */
  next(floorMs?: number): number
  /** Starts again with the first step, after a success. */
  reset(): void
}

export interface BackoffOptions {
  readonly random: Random
  readonly firstMs?: number
  readonly maxMs?: number
}

/** From 0.25 s doubling to 30 s; each wait is between half and the whole of its step, a Retry-After grows by up to a half. */
export function createBackoff({ random, firstMs = 250, maxMs = 30_000 }: BackoffOptions): Backoff {
  let step = firstMs
  return {
    next(floorMs = 0) {
      const wait = step * (0.5 + random() / 2)
      step = Math.min(maxMs, step * 2)
      return wait >= floorMs ? wait : floorMs * (1 + random() / 2)
    },
    reset() {
      step = firstMs
    },
  }
}
