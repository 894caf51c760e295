/** Showing an agent one fault after the other, and what is made of those that it never reports. */
import type { Figures } from './bench.ts'
import { round, summarise } from './statistics.ts'
import type { Fault } from './subjects/subject.ts'

/** After which a try counts as missed; so late it then counts as, too: a percentile must not look better for it. */
export const patienceMs = 60_000
/** So many in a row, and the rest would be missed as well. */
const mostMissedInARow = 3

type Change = Pick<Fault, 'line' | 'shows'>

export interface Plan {
  readonly tries: number
  fault(n: number): Fault
  /** Between two lines. */
  pause(): Promise<void>
  /** Milliseconds from writing the line until it shows; undefined when it does not within {@link patienceMs}. */
  delayOf(change: Change): Promise<number | undefined>
}

export interface Tried {
  /** One for each try, in milliseconds. */
  readonly delays: readonly number[]
  /** The way back, for faults that have one. */
  readonly recoveries: readonly number[]
  readonly missed: number
}

/**
 * Tries until `tries` are done or the agent misses them all. Rejects with NM_BENCH_LATE when it reports none, and when
 * a fault with a way back is missed either way, because the next one of its kind would not start fresh.
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
