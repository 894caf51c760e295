/** Parts that several schemas of the scenario file share. */
import * as z from 'zod'
import { parseDuration } from '../../catalog/duration.ts'

const durationText = /^(\d+(\.\d+)?(ms|s|m|h|d))+$/

/** A duration as policies write it. */
export function durationOf(describe: string) {
  return z
    .string()
    .regex(durationText, 'write a duration such as 90s, 15m or 1h30m')
    .refine((text) => (parseDuration(text) ?? 0) <= 366 * 86_400_000, 'write a duration of at most a year')
    .describe(describe)
}

/** Names of nodes: one, or a list; `*` stands for any letters. */
export function names(describe: string) {
  return z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]).describe(describe)
}

export const labels = z.record(z.string(), z.string())

/** `name` fits one of `patterns`, in which `*` stands for any letters. */
export function fitsAny(name: string, patterns: string | readonly string[]): boolean {
  return [patterns].flat().some((pattern) => {
    const [head = '', ...rest] = pattern.split('*')
    if (rest.length === 0) return name === head
    const tail = rest.at(-1) ?? ''
    if (!name.startsWith(head) || !name.endsWith(tail) || name.length < head.length + tail.length) return false
    let from = head.length
    for (const part of rest.slice(0, -1)) {
      const found = name.indexOf(part, from)
      if (found < 0) return false
      from = found + part.length
    }
    return from <= name.length - tail.length
  })
}
