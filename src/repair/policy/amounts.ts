/** The amounts of a policy: counts, shares and durations. */
import { parseDuration } from '../../catalog/duration.ts'
import type { Quantity } from '../../model/policy.ts'
import { quantityText } from './schema.ts'

/** `10%` or `3`; undefined for another text. */
export function readQuantity(text: string): Quantity | undefined {
  return quantityText.test(text) ? quantity(text) : undefined
}

/** `10%` or `3`; the schema has checked the text. */
export function quantity(text: string): Quantity {
  return { value: Number.parseInt(text, 10), percent: text.endsWith('%') }
}

/** Milliseconds of a duration such as `10m`. */
export function ms(text: string): number {
  return parseDuration(text) ?? 0 // the schema has checked the text
}
