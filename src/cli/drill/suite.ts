/** Runs drills turn by turn, and says how they go. */
import { styleText } from 'node:util'
import type { Drill } from '../../drill/plan/drill.ts'
import type { Undrillable } from '../../drill/plan/subjects.ts'
import { runTurn, turnsOf } from '../../drill/run/run.ts'
import {
  type DrillReport,
  type DrillResult,
  firstFailure,
  reportSchema,
  scoreOf,
  stageOf,
} from '../../drill/score/score.ts'
import type { DrillFacts } from '../../drill/watch/facts.ts'
import { judgeStages } from '../../drill/watch/stages.ts'
import { shownText } from '../../model/shown.ts'
import { version } from '../../telemetry/version.ts'
import type { Io } from '../io.ts'
import type { Ground } from './ground.ts'

export interface SuiteIo extends Io {
  /** Where the progress goes. */
  readonly say: (text: string) => void
  readonly hold: boolean
}

export async function runSuite(
  drills: readonly Drill[],
  undrillable: readonly Undrillable[],
  ground: Ground,
  io: SuiteIo,
): Promise<DrillReport> {
  const startedAt = new Date(io.clock.now()).toISOString()
  const results: DrillResult[] = []
  for (const turn of turnsOf(drills)) {
    const node = await ground.nextNode()
    const placed = turn.map((drill) => ({ ...drill, node }))
    io.say(turnLine(placed, node))
    const { api, injector, repairs } = ground
    const { clock, random, signal, hold } = io
    const live = placed.length === 1 ? stageLines(ground, io) : () => undefined
    const around = { api, injector, repairs, clock, random, signal, hold, asked: (one: Drill) => ground.asked(one) }
    const done = await runTurn(placed, { ...around, onFacts: live })
    results.push(...done)
    for (const result of done) io.say(resultLine(result, io))
  }
  return {
    schema: reportSchema,
    version,
    cluster: ground.cluster,
    startedAt,
    endedAt: new Date(io.clock.now()).toISOString(),
    score: scoreOf(results),
    drills: results,
    undrillable,
  }
}

function turnLine(turn: readonly Drill[], node: string): string {
  const [first] = turn
  if (!first) return ''
  const what = turn.length === 1 ? `${first.subject.reason} by ${first.subject.injection}` : `${turn.length} drills`
  return `on ${shownText(node)}: ${what}, ${first.mode}, held for at most ${first.forMs / 1000} s\n`
}

/** Prints each stage once, when it is passed or has failed. */
function stageLines(ground: Ground, { say, clock }: SuiteIo): (facts: DrillFacts) => void {
  const told = new Set<string>()
  const begunAt = clock.now()
  return (facts) => {
    for (const { stage, verdict, at, what } of judgeStages(facts, ground.asked(facts.drill))) {
      if (verdict === 'pending' || verdict === 'not-asked' || told.has(stage)) continue
      told.add(stage)
      const seconds = Math.max(0, (at ?? clock.now()) - (facts.injectedAt ?? begunAt)) / 1000
      say(
        `${seconds.toFixed(3).padStart(9)} s  ${stage.padEnd(10)}${verdict === 'failed' ? 'FAILED: ' : ''}${shownText(what)}\n`,
      )
    }
  }
}

function resultLine(result: DrillResult, { colour }: SuiteIo): string {
  const mark = result.passed ? 'passed' : 'FAILED'
  const word = colour ? styleText(result.passed ? 'green' : 'red', mark) : mark
  const after = stageOf(result, 'detected')?.afterMs
  const when = after === undefined ? '' : ` after ${(after / 1000).toFixed(1)} s`
  const why = result.passed ? '' : `: ${shownText(firstFailure(result) ?? '')}`
  return `${word}  ${shownText(result.reason)}${when}${why}\n`
}
