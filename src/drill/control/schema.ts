/** A FaultDrill as users write it: the source of its CRD and of the checks. Flat, because a CRD needs a structural schema. */
import * as z from 'zod'
import { parseDuration } from '../../catalog/duration.ts'
import { drillModes } from '../../model/drill.ts'
import { longestDrillMs, shortestDrillMs } from '../plan/drill.ts'
import { drillStages } from '../watch/stages.ts'

const durationText = /^([0-9]{1,7}s|[0-9]{1,5}m|[0-9]{1,3}h|[0-9]{1,2}d)+$/
const holdRemedy = 'write a duration from 10s to 1h'
const keepRemedy = 'write a duration such as 24h or 7d'

const duration = (remedy: string) => z.string().regex(durationText, remedy).max(32, remedy)

export const drillSpec = z.object({
  reason: z.string().min(3).max(64).describe('Reason to bring about, as nodemend drill list names it.'),
  injection: z.string().max(64).optional().describe('How, where there are several ways; the gentlest when absent.'),
  nodeName: z.string().max(253).optional().describe('The node; the first one that is well when absent.'),
  mode: z
    .enum(drillModes)
    .default('Observe')
    .describe('Observe: an Event. Decide: also a condition and a decision. Enforce: also the repair.'),
  for: duration(holdRemedy)
    .refine((text) => isHold(parseDuration(text) ?? 0), holdRemedy)
    .default('60s')
    .describe('How long the fault is held at most, from 10s to 1h.'),
  hold: z.boolean().default(false).describe('Hold the fault for its whole time; else it ends when everything is seen.'),
  keepFor: duration(keepRemedy).default('24h').describe('The FaultDrill is deleted this long after its end.'),
})

const text = z.string().max(1024)

export const drillStatus = z.object({
  phase: z.enum(['Running', 'Finished']).optional(),
  drillID: z.string().max(32).optional().describe('In the mark of every injected line, and on the Job.'),
  holder: z.string().max(253).optional().describe('Who runs it.'),
  nodeName: z.string().max(253).optional(),
  startedAt: z.string().max(40).optional(),
  endsBy: z
    .string()
    .max(40)
    .optional()
    .describe('After this time a drill that is still Running was left by who ran it.'),
  finishedAt: z.string().max(40).optional(),
  passed: z.boolean().optional(),
  message: text.optional().describe('What failed, or why nothing was injected.'),
  stages: z
    .array(
      z.object({
        stage: z.enum(drillStages),
        verdict: z.enum(['passed', 'failed', 'not-asked']),
        afterMs: z.int().min(0).optional(),
        what: text,
      }),
    )
    .max(drillStages.length)
    .optional(),
  falseFindings: z.array(text).max(32).optional(),
  beside: z.array(text).max(32).optional(),
})

export type DrillSpec = z.output<typeof drillSpec>
export type DrillStatus = z.output<typeof drillStatus>

function isHold(ms: number): boolean {
  return ms >= shortestDrillMs && ms <= longestDrillMs
}
