/** The recorded answers of a real kube-apiserver, and the differences between two sets of answers. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { StepResult } from './case.ts'

/** The kube-apiserver that the answers were recorded from. */
export const recordedFrom = 'v1.36.3'

export function goldenPath(file: string): string {
  return join(import.meta.dirname, `../../golden/contract/${file}.json`)
}

/** Step results by case name. */
export function readGolden(file: string): Readonly<Record<string, readonly StepResult[]>> {
  return JSON.parse(readFileSync(goldenPath(file), 'utf8')) // written by record.ts
}

/** One line per differing value: its path, the expected value and the actual one. */
export function differences(expected: unknown, actual: unknown, path = ''): readonly string[] {
  if (JSON.stringify(expected) === JSON.stringify(actual)) return []
  if (isBag(expected) && isBag(actual)) {
    const keys = [...new Set([...Object.keys(expected), ...Object.keys(actual)])]
    return keys.flatMap((key) => differences(expected[key], actual[key], `${path}.${key}`))
  }
  return [`${path}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`]
}

function isBag(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** The differences of a whole case, each with its call. */
export function caseDifferences(expected: readonly StepResult[], actual: readonly StepResult[]): readonly string[] {
  const count = Math.max(expected.length, actual.length)
  return Array.from({ length: count }, (_unused, index) => {
    const call = actual[index]?.call ?? expected[index]?.call ?? ''
    return differences(expected[index], actual[index]).map((line) => `call ${index} ${call}\n    ${line}`)
  }).flat()
}
