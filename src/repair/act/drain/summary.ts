/** What one pass of a drain found: from the plan and the last answers to what goes on record. */
import type { Attempt, Blocker } from '../../../model/repair.ts'
import type { EvictionPacing } from './pacing.ts'
import type { DrainPlan } from './plan.ts'
import { type DrainPod, podText } from './pod.ts'

/** As the CRD's schema: more would be cut anyway. */
export const mostListed = 64
const mostBudgets = 32

export interface DrainSummary {
  /** Pods that still have to leave. */
  readonly remaining: number
  /** True when all that remain stand in the way and nothing is moving. */
  readonly stuck: boolean
  readonly blockers: readonly Blocker[]
  readonly left: readonly string[]
}

export function summarise(plan: DrainPlan, pacing: EvictionPacing): DrainSummary {
  const leaving = [...plan.evict, ...plan.force]
  const pending = plan.ask.filter(({ pod }) => !pacing.isAgreed(pod.uid)).map(({ pod }) => pod)
  const refused = [...leaving, ...pending].flatMap((pod) => blockerOf(pod, pacing) ?? [])
  const held = plan.blocked.map(({ pod, kind, why }) => ({ pod: podText(pod), kind, reason: why, budgets: [] }))
  const blockers = [...refused, ...held]
  const agreed = plan.ask.filter(({ pod }) => pacing.isAgreed(pod.uid))
  // Pods of a later tier wait behind the blocked ones: they move nothing either.
  const ending = plan.wait.filter((pod) => pod.deletedAt !== undefined).length
  const moving = leaving.length + pending.length - refused.length + ending + plan.tell.length
  return {
    remaining: leaving.length + pending.length + plan.wait.length + plan.tell.length + plan.blocked.length,
    stuck: blockers.length > 0 && moving === 0,
    blockers: blockers.slice(0, mostListed),
    left: [...plan.left, ...agreed].map(({ pod, why }) => `${podText(pod)}: ${why}`).slice(0, mostListed),
  }
}

/** What the last answer to the pod's eviction says, if it stands in the way. */
function blockerOf(pod: DrainPod, pacing: EvictionPacing): Blocker | undefined {
  const refusal = pacing.refusalOf(pod.uid)
  if (!refusal?.blocks) return undefined
  const { budget, reason, budgets } = refusal
  return { pod: podText(pod), kind: budget ? 'budget' : 'refused', reason, budgets: budgets.slice(0, mostBudgets) }
}

/** The pods without a controller, those on record first. */
export function lostText({ drain }: Attempt, plan: DrainPlan): readonly string[] {
  return [...new Set([...(drain?.lost ?? []), ...plan.bare.map(podText)])].slice(0, mostListed)
}

/** What is on record stays: the pod that it is about may be gone. */
export function notesOf({ drain }: Attempt, found: readonly string[]): readonly string[] {
  return [...new Set([...(drain?.notes ?? []), ...found])].slice(0, mostListed)
}
