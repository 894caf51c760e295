/** Makes a walk that broke something shorter, as long as it still breaks the same invariant. */
import type { Invariant } from './invariants.ts'
import type { Step } from './steps.ts'
import { type Plan, walk } from './walk.ts'

/** Walks of one search, at most. */
const mostWalks = 200

/** The shortest plan found; `told` is called with the number of steps left. */
export async function shrink(plan: Plan, invariant: Invariant, told: (steps: number) => void): Promise<Plan> {
  let walks = 0
  const breaks = async (shorter: Plan): Promise<boolean> => {
    walks++
    const { broken } = await walk(shorter)
    return broken.some((one) => one.invariant === invariant)
  }
  let best = plan
  const attempt = async (shorter: Plan): Promise<boolean> => {
    if (walks >= mostWalks || !(await breaks(shorter))) return false
    best = shorter
    told(stepsOf(best))
    return true
  }
  while (best.acts.length > 1 && ((await attempt(lastActs(best))) || (await attempt(firstActs(best)))));
  for (let size = Math.ceil(stepsOf(best) / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let from = 0; from < stepsOf(best); ) if (!(await attempt(without(best, from, size)))) from += size
  }
  return best
}

function stepsOf({ acts }: Plan): number {
  return acts.reduce((sum, { steps }) => sum + steps.length, 0)
}

function lastActs(plan: Plan): Plan {
  return { ...plan, acts: plan.acts.slice(1) }
}

function firstActs(plan: Plan): Plan {
  return { ...plan, acts: plan.acts.slice(0, -1) }
}

/** Without `size` steps from number `from` on, counted over all acts; the time that they took still passes. */
function without(plan: Plan, from: number, size: number): Plan {
  let index = 0
  const acts = plan.acts.map((act) => {
    const kept: Step[] = []
    let passed = 0
    for (const step of act.steps) {
      const gone = index >= from && index < from + size
      index++
      if (gone) passed += step.after
      else {
        kept.push({ ...step, after: step.after + passed })
        passed = 0
      }
    }
    return { ...act, steps: kept }
  })
  return { ...plan, acts }
}
