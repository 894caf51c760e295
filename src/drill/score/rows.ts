/** The words and figures that every form of the report has, so that Markdown and HTML differ in their marks alone. */
import type { DrillReport, DrillResult, Score } from './score.ts'
import { firstFailure, stageOf } from './score.ts'

export interface Table {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

export const title = 'Drill report'

/** The facts of the run, each with its name. */
export function factsOf({
  cluster,
  startedAt,
  endedAt,
  version,
  score,
}: DrillReport): readonly (readonly [string, string])[] {
  return [['cluster', cluster], ['from', startedAt], ['until', endedAt], ['nodemend', version], ...scoreRows(score)]
}

function scoreRows(score: Score): readonly (readonly [string, string])[] {
  const { drills, passed, detected, rightReason, cleaned, falseFindings, detectedWithinMs: times } = score
  const of = (count: number): string => `${count} of ${drills}`
  return [
    ['passed', of(passed)],
    ['detected', of(detected)],
    ['with the right reason', of(rightReason)],
    ['cleaned up', of(cleaned)],
    ['false findings', String(falseFindings)],
    ...(times
      ? [['detected within', `${seconds(times.median)} (median), ${seconds(times.most)} (most)`] as const]
      : []),
  ]
}

/** One row for each drill. */
export function scorecard(drills: readonly DrillResult[]): Table {
  const rows = drills.map((one) => {
    const detected = stageOf(one, 'detected')?.afterMs
    return [
      one.passed ? 'passed' : 'failed',
      one.reason,
      one.condition,
      one.severity,
      one.injection,
      one.mode,
      one.node,
      detected === undefined ? '-' : seconds(detected),
      firstFailure(one) ?? '',
    ]
  })
  return {
    head: ['result', 'reason', 'condition', 'severity', 'injection', 'mode', 'node', 'detected', 'failed at'],
    rows,
  }
}

/** One row for each stage of one drill. */
export function stageTable({ stages }: DrillResult): Table {
  const rows = stages.map(({ stage, verdict, afterMs, what }) => [
    stage,
    verdict === 'not-asked' ? 'not asked' : verdict,
    afterMs === undefined ? '' : seconds(afterMs),
    what,
  ])
  return { head: ['stage', 'verdict', 'after', 'what'], rows }
}

/** What nothing was injected for. */
export function undrilledTable({ undrillable }: DrillReport): Table {
  const rows = undrillable.map(({ reason, condition, severity, why }) => [reason, condition, severity, why])
  return { head: ['reason', 'condition', 'severity', 'why'], rows }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
