/** What the judges of one GPU share: an answer becomes a measured value, an error keeps what is known. */
import { type Answer, codes } from '../../../nvml/document.ts'
import type { Measured } from '../../limits.ts'
import type { GpuValue } from './values.ts'

export type One = readonly Measured<GpuValue>[]

/** A GPU or driver that does not have what is asked for is healthy in that respect. */
const unsupported: ReadonlySet<number> = new Set([
  codes.notSupported,
  codes.functionNotFound,
  codes.argumentVersion,
  codes.noPermission,
])

export function measure<T>(
  value: GpuValue,
  answer: Answer<T>,
  amountOf: (answered: T) => number,
  parts: Readonly<Record<string, string | number>> = {},
): One {
  if ('value' in answer) return [{ value, amount: amountOf(answer.value), parts }]
  return unsupported.has(answer.code) ? [] : [unknown(value)]
}

/** Ends no finding, and raises none. */
export function unknown(value: GpuValue): Measured<GpuValue> {
  return { value, amount: 0, tentative: true }
}

/** 1 for true: a state as an amount. */
export function flag(is: boolean): number {
  return is ? 1 : 0
}
