/** Waiting for a cluster that runs in real time. */

import { sleep, systemClock } from '../../src/telemetry/clock.ts'

const POLL_MS = 50

/**
 * Asks `probe` until it answers something other than undefined and false, and resolves to that. Rejects after
 * `timeoutMs` with `what` was waited for and the last exception of the probe, if it threw.
 */
export async function eventually<T>(
  what: string,
  timeoutMs: number,
  probe: () => Promise<T | undefined | false>,
): Promise<T> {
  const deadline = systemClock.monotonic() + timeoutMs
  for (;;) {
    let thrown: unknown
    try {
      const answer = await probe()
      if (answer !== undefined && answer !== false) return answer
    } catch (error) {
      thrown = error
    }
    if (systemClock.monotonic() > deadline) {
      throw new Error(`waited ${timeoutMs} ms in vain for ${what}`, thrown === undefined ? {} : { cause: thrown })
    }
    await sleep(systemClock, POLL_MS)
  }
}
