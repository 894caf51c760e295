/** From the facts of drills to figures: what each one passed, and how the cluster did as a whole. Pure. */
import type { DrillMode } from '../../model/drill.ts'
import type { Severity } from '../../model/finding.ts'
import type { Undrillable } from '../plan/subjects.ts'
import type { DrillFacts } from '../watch/facts.ts'
import { type Asked, type DrillStage, drillStages, overStages, type Verdict } from '../watch/stages.ts'

/** The shape of the JSON report; a reader refuses another one. */
export const reportSchema = 'nodemend.dev/drill-report/v1'

export interface ReportedStage {
  readonly stage: DrillStage
  readonly verdict: Exclude<Verdict, 'pending'>
  /** Since the injection, milliseconds. */
  readonly afterMs?: number
  readonly what: string
}

/** One drill in a report. */
export interface DrillResult {
  readonly id: string
  readonly reason: string
  readonly condition: string
  readonly severity: Severity
  readonly injection: string
  readonly node: string
  readonly mode: DrillMode
  /** RFC 3339; absent when nothing was injected. */
  readonly injectedAt?: string
  /** Every stage that was asked for was passed, and there was no false finding. */
  readonly passed: boolean
  readonly stages: readonly ReportedStage[]
  /** Findings of the drill with reasons that it was not to bring about. */
  readonly falseFindings: readonly string[]
  /** Findings of the node meanwhile that belong to no drill: they may be real, and count for nothing. */
  readonly beside: readonly string[]
}

export interface Score {
  readonly drills: number
  readonly passed: number
  readonly detected: number
  readonly rightReason: number
  readonly cleaned: number
  readonly falseFindings: number
  /** From the injection to the finding, milliseconds; absent when nothing was detected. */
  readonly detectedWithinMs?: { readonly median: number; readonly most: number }
}

export interface DrillReport {
  readonly schema: typeof reportSchema
  readonly version: string
  readonly cluster: string
  readonly startedAt: string
  readonly endedAt: string
  readonly score: Score
  readonly drills: readonly DrillResult[]
  /** Reasons of the catalogue without an injection, and why. */
  readonly undrillable: readonly Undrillable[]
}

/** The result of one drill that is over. */
export function resultOf(facts: DrillFacts, asked: Asked): DrillResult {
  const { drill, injectedAt, wrong, beside } = facts
  const { reason, condition, severity, injection } = drill.subject
  const stages = overStages(facts, asked).map(({ stage, verdict, at, what }): ReportedStage => {
    const after =
      at === undefined || injectedAt === undefined ? {} : { afterMs: Math.max(0, Math.round(at - injectedAt)) }
    return { stage, verdict: verdict === 'pending' ? 'failed' : verdict, ...after, what }
  })
  return {
    id: drill.id,
    reason,
    condition,
    severity,
    injection,
    node: drill.node,
    mode: drill.mode,
    ...(injectedAt !== undefined && { injectedAt: new Date(injectedAt).toISOString() }),
    passed: wrong.length === 0 && stages.every(({ verdict }) => verdict !== 'failed'),
    stages,
    falseFindings: wrong.map((one) => `${one.reason}: ${one.message}`),
    beside: beside.map((one) => `${one.reason}: ${one.message}`),
  }
}

/** The score of a suite. */
export function scoreOf(drills: readonly DrillResult[]): Score {
  const times = drills.flatMap((one) => stageOf(one, 'detected')?.afterMs ?? []).toSorted((a, b) => a - b)
  const [median, most] = [times[Math.floor((times.length - 1) / 2)], times.at(-1)]
  const count = (stage: DrillStage): number => drills.filter((one) => stageOf(one, stage)?.verdict === 'passed').length
  return {
    drills: drills.length,
    passed: drills.filter(({ passed }) => passed).length,
    detected: count('detected'),
    rightReason: count('reason'),
    cleaned: count('cleaned'),
    falseFindings: drills.reduce((sum, { falseFindings }) => sum + falseFindings.length, 0),
    ...(median !== undefined && most !== undefined && { detectedWithinMs: { median, most } }),
  }
}

/** The stage of a result. */
export function stageOf({ stages }: DrillResult, stage: DrillStage): ReportedStage | undefined {
  return stages.find((one) => one.stage === stage)
}

/** What stands first in a report: the stage at which the drill failed; undefined for one that passed. */
export function firstFailure({ stages, falseFindings }: DrillResult): string | undefined {
  const failed = drillStages
    .map((stage) => stages.find((one) => one.stage === stage))
    .find((one) => one?.verdict === 'failed')
  if (failed) return `${failed.stage}: ${failed.what}`
  return falseFindings[0] === undefined ? undefined : `false finding ${falseFindings[0]}`
}
