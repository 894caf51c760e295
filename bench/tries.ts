/** Shows an agent one fault after the other, and counts those that it never reports. */
import type { Figures } from './bench.ts'
import { round, summarise } from './figures/statistics.ts'
import type { Fault } from './subjects/subject.ts'

/** Milliseconds after which a try is missed; it counts with this delay, so that percentiles do not improve by it. */
export const patienceMs = 60_000
/** Misses in a row after which the remaining tries are left out. */
const mostMissedInARow = 3

type Change = Pick<Fault, 'line' | 'shows'>

export interface Plan {
  readonly tries: number
  fault(n: number): Fault
  /** Waits between two lines. */
  pause(): Promise<void>
  /** Milliseconds from writing the line until it shows; undefined when it does not within {@link patienceMs}. */
  delayOf(change: Change): Promise<number | undefined>
}

export interface Tried {
  /** One for each try, in milliseconds. */
  readonly delays: readonly number[]
  /** Delays of recoveries, for faults with a line that ends them. */
  readonly recoveries: readonly number[]
  readonly missed: number
}

/**
 * Tries until `tries` are done or the agent misses them all. Rejects with NM_BENCH_LATE when it reports none, and when
 * it misses a fault with a recovery line, because the next fault of that kind would not start from True.
 */
export async function tryOften({ tries, fault, pause, delayOf }: Plan): Promise<Tried> {
  const delays: number[] = []
  const recoveries: number[] = []
  let missed = 0
  for (let inARow = 0; delays.length < tries && inARow < mostMissedInARow; ) {
    await pause()
    const { recovery, ...change } = fault(delays.length)
    const delay = await delayOf(change)
    if (delay === undefined && recovery) throw late(change.line)
    if (delay === undefined) missed++
    inARow = delay === undefined ? inARow + 1 : 0
    delays.push(delay ?? patienceMs)
    if (!recovery) continue
    await pause()
    const back = await delayOf(recovery)
    if (back === undefined) throw late(recovery.line)
    recoveries.push(back)
  }
  if (missed === delays.length) throw late(`any of ${missed} lines`)
  return { delays, recoveries, missed }
}

/** Percentiles of delays, in milliseconds. */
export function inMs(delays: readonly number[]): Figures {
  const { p50, p90, p99, max } = summarise(delays)
  return { p50Ms: round(p50, 1), p90Ms: round(p90, 1), p99Ms: round(p99, 1), maxMs: round(max, 1) }
}

function late(what: string): Error {
  return new Error(`NM_BENCH_LATE: a report of ${what} did not come within ${patienceMs} ms`)
}
