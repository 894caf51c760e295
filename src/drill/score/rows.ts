/** The words and figures that every form of the report has, so that Markdown and HTML differ in their marks alone. */
import type { DrillStage } from '../watch/stages.ts'
import type { DrillReport, DrillResult } from './score.ts'
import { firstFailure, stageOf } from './score.ts'

export interface Table {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

export const title = 'Drill report'

/** The facts of the run, each with its name. A stage is counted among the drills that were asked for it. */
export function factsOf(report: DrillReport): readonly (readonly [string, string])[] {
  const { cluster, startedAt, endedAt, version, score, drills } = report
  const { detectedWithinMs: times } = score
  const asked = (stage: DrillStage): number =>
    drills.filter((one) => stageOf(one, stage)?.verdict !== 'not-asked').length
  return [
    ['cluster', cluster],
    ['from', startedAt],
    ['until', endedAt],
    ['nodemend', version],
    ['passed', `${score.passed} of ${score.drills}`],
    ['detected', `${score.detected} of ${asked('detected')}`],
    ['with the right reason', `${score.rightReason} of ${asked('reason')}`],
    ['cleaned up', `${score.cleaned} of ${asked('cleaned')}`],
    ['false findings', String(score.falseFindings)],
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
