/** One drill: what is injected where, and what must follow. Plain data, from the plan to the report. */
import { type DrillMode, longestDrillMs, markText } from '../../model/drill.ts'
import type { Severity } from '../../model/finding.ts'
import type { Subject } from './subjects.ts'

export interface Drill {
  /** Also in the mark of every injected line: at most 32 lower-case letters, digits and `-`. */
  readonly id: string
  readonly node: string
  readonly mode: DrillMode
  /** How long the fault is held, milliseconds. */
  readonly forMs: number
  readonly subject: Subject
}

/** The shortest and the longest time of a drill; the agent cuts every mark to the longest. */
export const shortestDrillMs = 10_000
export { longestDrillMs }

/** The lines of the kernel log that begin the drill, marks included. Empty for a real fault. */
export function linesOf({ id, mode, forMs, subject }: Drill): readonly string[] {
  if (subject.line === undefined) return []
  return Array.from({ length: subject.times }, () => `${subject.line} ${markText({ id, mode, forMs })}`)
}

/** The line that ends the drill at once; undefined for a real fault. */
export function endLineOf({ id, mode, subject }: Drill): string | undefined {
  return subject.line === undefined ? undefined : `${subject.line} ${markText({ id, mode, forMs: 0 })}`
}

/** What a real fault puts into its own evidence: a name of a process or an interface has 15 characters, some of them ours. */
export function tokenOf({ id }: Pick<Drill, 'id'>): string {
  return id.slice(0, 12)
}

/** Whether the condition must turn False: fatal evidence of the node itself, unless the mark only observes. */
export function mustCondemn({ mode, subject }: Drill): boolean {
  return mode !== 'Observe' && subject.severity === 'fatal' && subject.scope === 'hardware'
}

/** The severity that the agent must show: evidence that may not condemn is a warning at most. */
export function expectedSeverity(drill: Drill): Severity {
  return drill.subject.severity === 'fatal' && !mustCondemn(drill) ? 'warning' : drill.subject.severity
}
