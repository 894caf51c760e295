/** The few statistics that the benches report. All of them take the raw values, in any order. */

export interface Summary {
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
  readonly tries: number
}

/** Median and upper percentiles; throws RangeError for no values, because no values have no figure. */
export function summarise(values: readonly number[]): Summary {
  return {
    p50: percentile(values, 50),
    p90: percentile(values, 90),
    p99: percentile(values, 99),
    max: percentile(values, 100),
    tries: values.length,
  }
}

/**
 * The smallest value that at least `percent` per cent of all values do not exceed (nearest rank: always a measured
 * value). Throws RangeError for no values.
 */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const value = sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)]
  if (value === undefined) throw new RangeError('no values to take a percentile of')
  return value
}

/** The middle value; throws RangeError for no values. */
export function median(values: readonly number[]): number {
  return percentile(values, 50)
}

/** Rounds to `digits` after the point: no more digits than the measurement supports. */
export function round(value: number, digits: number): number {
  const scale = 10 ** digits
  return Math.round(value * scale) / scale
}
