/** The stages of a drill, and whether each one was passed. Pure: facts in, verdicts out. */
import { expectedSeverity, mustCondemn } from '../plan/drill.ts'
import type { DrillFacts } from './facts.ts'

/** In the order of the flow. */
export const drillStages = [
  'injected',
  'detected',
  'reason',
  'severity',
  'condition',
  'event',
  'decision',
  'repaired',
  'proven',
  'cleaned',
] as const
export type DrillStage = (typeof drillStages)[number]

/** `pending`: not seen yet. `not-asked`: this drill must not, or cannot, reach it. */
export type Verdict = 'passed' | 'failed' | 'pending' | 'not-asked'

export interface StageResult {
  readonly stage: DrillStage
  readonly verdict: Verdict
  /** Wall-clock milliseconds by our clock. */
  readonly at?: number
  /** One sentence for people. */
  readonly what: string
}

/** What of the cluster decides which stages are asked for. */
export interface Asked {
  /** A policy in force speaks for the condition of this node, so a decision must follow. */
  readonly decision: boolean
}

/** The verdict of every stage, as of now. A drill that is over turns what is pending into failed: {@link overStages}. */
export function judgeStages(facts: DrillFacts, asked: Asked): readonly StageResult[] {
  return drillStages.map((stage) => ({ stage, ...judges[stage](facts, asked) }))
}

/** The verdicts of a drill that is over: what was not seen did not happen. */
export function overStages(facts: DrillFacts, asked: Asked): readonly StageResult[] {
  return judgeStages(facts, asked).map((one) =>
    one.verdict === 'pending' ? { ...one, verdict: 'failed', what: `not seen: ${one.what}` } : one,
  )
}

/** True when nothing but the cleaning can change the verdicts: the fault may be ended. */
export function isSettled(facts: DrillFacts, asked: Asked): boolean {
  if (facts.trouble !== undefined) return true
  return judgeStages(facts, asked).every(({ stage, verdict }) => stage === 'cleaned' || verdict !== 'pending')
}

type Judged = Omit<StageResult, 'stage'>

const judges: Readonly<Record<DrillStage, (facts: DrillFacts, asked: Asked) => Judged>> = {
  injected: ({ injectedAt, trouble, drill }) =>
    trouble !== undefined
      ? failed(trouble)
      : injectedAt === undefined
        ? pending(`injection ${drill.subject.injection}`)
        : passed(injectedAt, drill.subject.line ?? `injection ${drill.subject.injection}`),
  detected: (facts) => {
    const first = firstOf(facts)
    return first ? passed(first.at, first.message) : pending('a finding of this drill')
  },
  reason: (facts) => {
    const { finding, drill } = facts
    if (finding) return passed(finding.at, finding.reason)
    const wrong = firstOf(facts)
    return wrong ? failed(`${wrong.reason} in place of ${drill.subject.reason}`) : pending(drill.subject.reason)
  },
  severity: judgeSeverity,
  condition: judgeCondition,
  event: (facts) => {
    const first = firstOf(facts)
    return first ? passed(first.at, `${first.type} ${first.condition}`) : pending('an Event of the node')
  },
  decision: judgeDecision,
  repaired: (facts, asked) =>
    repairOf(facts, asked) ?? timed(facts.repairedAt, 'the node, or its replacement, is back', facts),
  proven: (facts, asked) => repairOf(facts, asked) ?? timed(facts.provenAt, 'the node stayed healthy', facts),
  cleaned: ({ cleanedAt, standing, left }) => {
    if (cleanedAt !== undefined) return passed(cleanedAt, 'nothing of the drill is left')
    return pending(left ?? (standing ? 'the condition without it' : 'the end of the injection'))
  },
}

function judgeSeverity(facts: DrillFacts): Judged {
  const { finding, drill, condemned } = facts
  const expected = expectedSeverity(drill)
  if (!finding) return pending(expected)
  if (expected === 'fatal') return condemned ? passed(condemned.at, 'fatal') : pending('fatal')
  if (condemned) return failed(`fatal in place of ${expected}`)
  const seen = finding.type === 'Normal' ? 'info' : 'warning'
  return seen === expected ? passed(finding.at, seen) : failed(`${seen} in place of ${expected}`)
}

function judgeCondition(facts: DrillFacts): Judged {
  const { condemned, drill, finding } = facts
  const { condition } = drill.subject
  if (mustCondemn(drill)) return condemned ? passed(condemned.at, condemned.what) : pending(`${condition}=False`)
  if (condemned) return failed(`${condemned.what}, although this evidence condemns nothing`)
  return finding ? { verdict: 'passed', what: `${condition} stays as it was` } : pending(`${condition} stays as it was`)
}

function judgeDecision(facts: DrillFacts, asked: Asked): Judged {
  const { decision, drill } = facts
  if (!mustCondemn(drill)) return notAsked('this evidence condemns nothing, so nothing is decided')
  if (!asked.decision) return notAsked('no policy in force speaks for this condition of this node')
  if (!decision || waits(facts)) return pending('a decision of the controller')
  if (drill.mode === 'Decide' && decision.outcome === 'act')
    return failed(`${decision.what}, although the drill says Decide`)
  return passed(decision.at, decision.what)
}

/** The controller waits, and will have waited long enough while the fault is held. */
function waits({ decision, begunAt = 0, drill }: DrillFacts): boolean {
  if (decision?.outcome !== 'wait') return false
  return decision.eligibleAt !== undefined && decision.eligibleAt < begunAt + drill.forMs
}

/** Set where no repair is asked for. A drill that enforces is repaired where the policy lets the controller act. */
function repairOf({ drill, decision }: DrillFacts, asked: Asked): Judged | undefined {
  if (drill.mode !== 'Enforce' || !mustCondemn(drill)) return notAsked('the drill does not enforce')
  if (!asked.decision) return notAsked('no policy in force speaks for this condition of this node')
  if (!decision) return pending('a decision of the controller')
  return decision.outcome === 'would-act' ? notAsked(`the policy does not act: ${decision.what}`) : undefined
}

function timed(at: number | undefined, what: string, { failed: why }: DrillFacts): Judged {
  if (at !== undefined) return passed(at, what)
  return why === undefined ? pending(what) : failed(why)
}

/** The finding that came first, whatever its reason. */
function firstOf({ finding, wrong }: DrillFacts) {
  return [...(finding ? [finding] : []), ...wrong].toSorted((a, b) => a.at - b.at)[0]
}

const passed = (at: number, what: string): Judged => ({ verdict: 'passed', at, what })
const failed = (what: string): Judged => ({ verdict: 'failed', what })
const pending = (what: string): Judged => ({ verdict: 'pending', what })
const notAsked = (what: string): Judged => ({ verdict: 'not-asked', what })
