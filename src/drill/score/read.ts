/** A JSON report read back, for `drill report`. The file may be anybody's: everything is checked. */
import * as z from 'zod'
import { conditionTypes } from '../../model/condition.ts'
import { drillModes } from '../../model/drill.ts'
import { drillStages } from '../watch/stages.ts'
import { type DrillReport, reportSchema } from './score.ts'

const severity = z.enum(['info', 'warning', 'fatal'])
const count = z.int().min(0)

const result = z.object({
  id: z.string(),
  reason: z.string(),
  condition: z.string(),
  severity,
  injection: z.string(),
  node: z.string(),
  mode: z.enum(drillModes),
  injectedAt: z.string().exactOptional(),
  passed: z.boolean(),
  stages: z.array(
    z.object({
      stage: z.enum(drillStages),
      verdict: z.enum(['passed', 'failed', 'not-asked']),
      afterMs: z.number().exactOptional(),
      what: z.string(),
    }),
  ),
  falseFindings: z.array(z.string()),
  beside: z.array(z.string()),
})

const report = z.object({
  schema: z.literal(reportSchema),
  version: z.string(),
  cluster: z.string(),
  startedAt: z.string(),
  endedAt: z.string(),
  score: z.object({
    drills: count,
    passed: count,
    detected: count,
    rightReason: count,
    cleaned: count,
    falseFindings: count,
    detectedWithinMs: z.object({ median: z.number(), most: z.number() }).exactOptional(),
  }),
  drills: z.array(result),
  undrillable: z.array(z.object({ reason: z.string(), condition: z.enum(conditionTypes), severity, why: z.string() })),
})

/** The report, or what is wrong with the text in one sentence. */
export function readReport(text: string): { readonly report: DrillReport } | { readonly wrong: string } {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return { wrong: `it is no JSON: ${(error as Error).message}` }
  }
  const parsed = report.safeParse(value)
  if (parsed.success) return { report: parsed.data }
  const [issue] = parsed.error.issues
  return { wrong: `${issue?.path.join('.') || 'the whole'}: ${issue?.message ?? 'not a report'}` }
}
