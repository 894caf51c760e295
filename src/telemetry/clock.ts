/**
 * The only place that touches real time. Everything else receives a {@link Clock}, so tests, replay and the
 * simulator run the shipped code under a {@link SteppedClock}.
 */

/** Cancels what {@link Clock.after} scheduled. Calling it twice, or after it fired, does nothing. */
export type Cancel = () => void

export interface Clock {
  /** Wall clock, milliseconds since the Unix epoch. May jump; use it for stamps that people or the API read. */
  now(): number
  /** Monotonic milliseconds from an arbitrary start. Use it for intervals and deadlines inside one process. */
  monotonic(): number
  /** Calls `run` once, `ms` from now. The timer keeps the process alive. */
  after(ms: number, run: () => void): Cancel
}

/** The real clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  // Not performance.now(): the first use of `performance` loads modules that cost every node 2 MB.
  monotonic() {
    const [seconds, nanoseconds] = process.hrtime()
    return seconds * 1000 + nanoseconds / 1e6
  },
  after(ms, run) {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}

/** Resolves after `ms` on `clock`; rejects with the signal's reason when aborted first. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    const onAbort = (): void => {
      cancel()
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/** A number in [0, 1). The system's randomness, or a seeded one in tests (seed printed). */
export type Random = () => number

/** The real randomness. */
export const systemRandom: Random = () => Math.random()

/** A small deterministic generator (mulberry32) for tests, drills and the simulator; the seed reproduces the run. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

interface Pending {
  at: number
  readonly order: number
  readonly run: () => void
}

/**
 * A clock that moves only when told to. Timers fire in the order of their due time, then of their creation.
 * `skew` moves the wall clock alone, as NTP or an operator would.
 */
export class SteppedClock implements Clock {
  /** Wall clock minus monotonic clock: adding the steps up instead would lose a millisecond to fractions of timers. */
  #offset: number
  #mono = 0
  #order = 0
  readonly #pending = new Set<Pending>()
  readonly #turns: number

  /** `turns` of the event loop follow each timer; one is enough where nothing waits for a socket or a file. */
  constructor(startMs = Date.parse('2026-01-01T00:00:00Z'), turns = 3) {
    this.#offset = startMs
    this.#turns = turns
  }

  /** Whole milliseconds, as the real clock has them: what is read back from a stored stamp must be the same number. */
  now(): number {
    return Math.floor(this.#offset + this.#mono)
  }

  monotonic(): number {
    return this.#mono
  }

  after(ms: number, run: () => void): Cancel {
    const entry: Pending = { at: this.#mono + Math.max(0, ms), order: this.#order++, run }
    this.#pending.add(entry)
    return () => this.#pending.delete(entry)
  }

  /** Moves the wall clock without letting time pass. */
  skew(ms: number): void {
    this.#offset += ms
  }

  /** Lets `ms` pass in which nothing happens: every timer falls due that much later. For hours that nobody looks at. */
  leap(ms: number): void {
    this.#mono += ms
    for (const entry of this.#pending) entry.at += ms
  }

  /** Lets `ms` pass: fires every timer that falls due, letting promises settle after each. */
  async advance(ms: number): Promise<void> {
    const end = this.#mono + ms
    await settle(this.#turns)
    for (let next = this.#nextDue(end); next; next = this.#nextDue(end)) {
      this.#pending.delete(next)
      this.#mono = Math.max(next.at, this.#mono)
      next.run()
      await settle(this.#turns)
    }
    this.#mono = end
  }

  /** How many timers wait: a leak check for tests. */
  get waiting(): number {
    return this.#pending.size
  }

  #nextDue(end: number): Pending | undefined {
    let best: Pending | undefined
    for (const entry of this.#pending) {
      if (entry.at > end) continue
      if (!best || entry.at < best.at || (entry.at === best.at && entry.order < best.order)) best = entry
    }
    return best
  }
}

/** Gives pending promise reactions a few turns of the event loop. */
async function settle(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
}
