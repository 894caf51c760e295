/**
 * What can be drilled: every reason of the catalogue that an injection brings about, and what the rules say of it. Derived
 * from the catalogue's samples, so that a new reason has its drill from the start.
 */
import type { CompiledCatalogue } from '../../catalog/compiled.ts'
import type { LoadedFile } from '../../catalog/load.ts'
import type { ReasonEntry } from '../../catalog/schema.ts'
import { decoders } from '../../detect/decode/decoders.ts'
import { compileMatchers } from '../../detect/match/compile.ts'
import type { Matcher } from '../../detect/match/matcher.ts'
import type { ConditionType } from '../../model/condition.ts'
import type { Match, Scope, Severity } from '../../model/finding.ts'
import { injections } from '../injections/injections.ts'

/** One way to drill one reason. */
export interface Subject {
  /** The entry of the catalogue. */
  readonly entry: string
  /** The reason that the Event carries: the entry's, or one of its own for each code. */
  readonly reason: string
  readonly summary: string
  readonly condition: ConditionType
  /** What the rules say of this evidence, before any mark restrains it. */
  readonly severity: Severity
  readonly scope: Scope
  readonly injection: string
  /** For lines of the kernel log: the line without its mark, and how many of them raise the reason. */
  readonly line?: string
  readonly times: number
}

/** A reason that no injection brings about. */
export interface Undrillable {
  readonly reason: string
  readonly condition: ConditionType
  readonly severity: Severity
  readonly why: string
}

export interface Subjects {
  readonly subjects: readonly Subject[]
  readonly undrillable: readonly Undrillable[]
}

/** A record of /dev/kmsg takes 1,024 bytes from user space (kernel/printk/printk.c), and the mark needs its part. */
const longestLine = 900

/** Every reason of `files` with its injections, in the order of the catalogue. */
export function subjectsOf(files: readonly LoadedFile[], catalogue: CompiledCatalogue): Subjects {
  const kmsg = compileMatchers(catalogue, decoders).of('kmsg')
  const entries = files.flatMap(({ content }) =>
    content.reasons.map((entry) => ({ entry, condition: entry.condition ?? content.condition })),
  )
  const found = entries.map(({ entry, condition }) => ({ entry, condition, own: waysOf(entry, condition, kmsg) }))
  return {
    subjects: found.flatMap(({ own }) => own),
    undrillable: found
      .filter(({ own }) => own.length === 0)
      .map(({ entry, condition }) => ({
        reason: entry.reason,
        condition,
        severity: entry.severity,
        why: whyNot(entry),
      })),
  }
}

/**
 * A drill of every Xid of the tables: one line each, on a GPU that no machine has. Those whose line needs more than a
 * number are left out.
 */
export function xidSubjects({ tables, ...rest }: CompiledCatalogue): readonly Subject[] {
  const kmsg = compileMatchers({ tables, ...rest }, decoders).of('kmsg')
  return tables.xids.flatMap(({ code, name }) => {
    const line = `NVRM: Xid (PCI:0000:ff:1f): ${code}, pid=1, name=drill, injected`
    const [match] = kmsg.matchText(line)
    return match && match.code === code ? [lineSubject(match, line, 1, name)] : []
  })
}

function waysOf(entry: ReasonEntry, condition: ConditionType, kmsg: Matcher): readonly Subject[] {
  const sample = sampleOf(entry, kmsg)
  const line = sample ? [lineSubject(sample.match, sample.line, entry.lifecycle.raise.count, entry.summary)] : []
  const real = injections
    .filter(({ reasons }) => reasons !== 'kernel lines' && reasons.includes(entry.reason))
    .map(({ name }): Subject => {
      const { reason, severity, scope, summary } = entry
      const mild = mildest(entry, severity)
      return { entry: reason, reason, summary, condition, severity: mild, scope, injection: name, times: 1 }
    })
  return [...line, ...real]
}

/** Real faults happen on loop devices and in pods, which are no part of the machine. */
function mildest({ detect, probe }: ReasonEntry, severity: Severity): Severity {
  return probe?.detachable ?? detect.find(({ detachable }) => detachable !== undefined)?.detachable ?? severity
}

function lineSubject(match: Match, line: string, times: number, summary: string): Subject {
  const { entry, reason, condition, severity, scope } = match
  return { entry, reason, summary, condition, severity, scope, injection: 'kernel-line', line, times }
}

/** The catalogue's own drill, else the first sample that by itself means the reason. */
function sampleOf(entry: ReasonEntry, kmsg: Matcher): { readonly line: string; readonly match: Match } | undefined {
  const samples = entry.detect
    .filter(({ source, recovery }) => source === 'kmsg' && !recovery)
    .flatMap(({ matches }) => matches)
  for (const line of [...(entry.drill ? [entry.drill.kmsg] : []), ...samples]) {
    if (line.includes('\n') || Buffer.byteLength(line) > longestLine) continue
    const match = kmsg.matchText(line).find((one) => one.entry === entry.reason && !one.recovery)
    if (match) return { line, match }
  }
  return undefined
}

function whyNot({ probe, detect }: ReasonEntry): string {
  if (probe) return `measured by the monitor ${probe.monitor}, and no injection changes what it measures`
  if (detect.some(({ source }) => source === 'journal'))
    return 'read from the journal, in which a service must have written'
  return detect.length > 0 ? 'no sample by itself means it' : 'the agent says it of itself'
}
