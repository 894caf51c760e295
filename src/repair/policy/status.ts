/** What the controller says about a policy: whether it is in force, and if not, what to change. */
import * as z from 'zod'
import type { RepairPolicyObject } from './parse.ts'
import { describeError, type ParsedPolicies } from './parse.ts'

const condition = z.object({
  type: z.string().max(316),
  status: z.enum(['True', 'False', 'Unknown']),
  reason: z.string().max(1024),
  message: z.string().max(32768),
  lastTransitionTime: z.string().max(40),
  observedGeneration: z.int().min(0).optional(),
})

export const policyStatus = z.object({
  observedGeneration: z.int().min(0).optional(),
  conditions: z.array(condition).max(8).optional(),
})

export type PolicyStatus = z.output<typeof policyStatus>

/**
 * The status `object` should have, or undefined when it already has it. One bad policy refuses the set, so the good ones
 * say so, too: their newest edit is not in force either.
 */
export function policyStatusFor(
  object: RepairPolicyObject,
  parsed: ParsedPolicies,
  now: number,
): PolicyStatus | undefined {
  const generation = object.metadata.generation ?? 0
  const own = parsed.errors.filter((error) => error.policy === object.metadata.name)
  const blamed = own.length > 0 ? own : parsed.errors
  const accepted = parsed.errors.length === 0
  const next = {
    type: 'Accepted',
    status: accepted ? ('True' as const) : ('False' as const),
    reason: accepted ? 'InForce' : own.length > 0 ? 'Invalid' : 'SetRefused',
    message: accepted
      ? 'the policy is in force'
      : `the whole set is refused: the last good one stays in force, and any pause, lower mode or deletion applies at once: ${blamed.map(describeError).join('; ')}`,
    observedGeneration: generation,
  }
  const known = object.status?.conditions?.find((one) => one.type === 'Accepted')
  const same = known && known.status === next.status && known.reason === next.reason && known.message === next.message
  if (same && known.observedGeneration === generation) return undefined
  const lastTransitionTime =
    known && known.status === next.status ? known.lastTransitionTime : new Date(now).toISOString()
  return { observedGeneration: generation, conditions: [{ ...next, lastTransitionTime }] }
}
