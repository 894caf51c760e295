/** Many walks, one seed after the other, until their node-days add up. */
import { type Broken, type Deeds, type Invariant, invariants } from './invariants.ts'
import { shrink } from './shrink.ts'
import { type Plan, planOf, walk } from './walk.ts'

export interface ManyOptions {
  /** Of the first walk; each other one has the next number. */
  readonly seed: number
  readonly nodeDays: number
  readonly log: (line: string) => void
}

export interface Failed {
  readonly seed: number
  readonly broken: readonly Broken[]
  /** The shortest list of steps that was found to break it. */
  readonly plan: Plan
}

export interface Many {
  readonly seed: number
  readonly walks: number
  readonly nodeDays: number
  readonly steps: number
  readonly deeds: Deeds
  readonly lives: number
  readonly terms: number
  readonly asked: Readonly<Record<Invariant, number>>
  readonly failed: readonly Failed[]
}

/** Between two lines of progress, in walks. */
const tellEvery = 50

/** Walks until the node-days are reached. What breaks something is walked again, shorter and shorter. */
export async function walkMany({ seed, nodeDays, log }: ManyOptions): Promise<Many> {
  const sum: Count = { walks: 0, nodeDays: 0, steps: 0, lives: 0, terms: 0 }
  const deeds: Record<keyof Deeds, number> = { taints: 0, evictions: 0, reboots: 0, replacements: 0, admissions: 0 }
  const asked = Object.fromEntries(invariants.map((one) => [one, 0])) as Record<Invariant, number> // each of them
  const failed: Failed[] = []
  for (let next = seed; sum.nodeDays < nodeDays; next++) {
    const plan = planOf(next)
    const walked = await walk(plan)
    sum.walks++
    for (const key of ['nodeDays', 'steps', 'lives', 'terms'] as const) sum[key] += walked[key]
    add(deeds, walked.deeds)
    add(asked, walked.asked)
    const [first] = walked.broken
    if (first) {
      log(`soak: seed ${next} breaks ${first.invariant}: ${first.what}`)
      const shorter = await shrink(plan, first.invariant, (steps) => log(`soak: seed ${next}: ${steps} steps`))
      failed.push({ seed: next, broken: walked.broken, plan: shorter })
    }
    if (sum.walks % tellEvery === 0)
      log(`soak: ${Math.round(sum.nodeDays)} node-days, ${deeds.admissions} repairs, seed ${next}`)
  }
  return { seed, ...sum, nodeDays: Math.round(sum.nodeDays), deeds, asked, failed }
}

interface Count {
  walks: number
  nodeDays: number
  steps: number
  lives: number
  terms: number
}

function add<Key extends string>(into: Record<Key, number>, more: Readonly<Record<Key, number>>): void {
  for (const key of Object.keys(into) as Key[]) into[key] += more[key] // its own keys
}
