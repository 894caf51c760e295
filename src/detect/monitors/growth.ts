/**
 * What counters grew by in a window of time. A counter that fell was reset and counts from 0. Pure: the trail travels in
 * a monitor's sample.
 */

/** Counters of one look, by any key, e.g. `eth0 rx_errors`. */
export type Counts = Readonly<Record<string, number>>

export interface Trail {
  /** Monotonic milliseconds of the newest look. */
  readonly at: number
  readonly counts: Counts
  /** What each counter grew by since it was first seen. */
  readonly sums: Counts
  /** Earlier sums, oldest first: all within the window, and one from before it. */
  readonly past: readonly { readonly at: number; readonly sums: Counts }[]
}

export interface Growth {
  readonly amount: number
  /** Milliseconds that the amount is about. */
  readonly overMs: number
  /** True when the trail is shorter than the window, so that the amount may be too small. */
  readonly tentative: boolean
}

/**
 * Extends a trail by a look at `at`. Points older than `windowMs` are dropped; after a longer gap without a look the trail
 * begins anew, because nobody knows when in the gap a counter grew.
 */
export function follow(counts: Counts, at: number, windowMs: number, before?: Trail): Trail {
  if (!before || at - before.at > windowMs || at < before.at) return { at, counts, sums: {}, past: [] }
  const sums = Object.fromEntries(
    Object.entries(counts).map(([key, count]) => {
      const last = before.counts[key]
      const grown = last === undefined ? 0 : count < last ? count : count - last
      return [key, (before.sums[key] ?? 0) + grown]
    }),
  )
  const past = [...before.past, { at: before.at, sums: before.sums }]
  const oldest = past.findLastIndex((point) => point.at <= at - windowMs)
  return { at, counts, sums, past: past.slice(Math.max(0, oldest)) }
}

/** What a counter grew by in the window that the trail was made with. */
export function growthOf({ at, sums, past }: Trail, key: string, windowMs: number): Growth {
  const [first] = past
  if (!first) return { amount: 0, overMs: 0, tentative: true }
  const amount = Math.max(0, (sums[key] ?? 0) - (first.sums[key] ?? 0))
  return { amount, overMs: at - first.at, tentative: at - first.at < windowMs }
}
