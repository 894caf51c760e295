/**
 * A random walk: a cluster in virtual time in which anything may happen, the shipped controllers in it, and what must hold
 * asked at each of their calls. The seed says everything, so a walk that breaks something can be walked again.
 */
import { isFinished } from '../../../src/model/repair.ts'
import { repairTaintKey } from '../../../src/repair/act/taint.ts'
import { type Random, seededRandom } from '../../../src/telemetry/clock.ts'
import { happenHere, healAll, isSick } from './events.ts'
import { attemptsIn, type Broken, type Deeds, type Invariant, invariants } from './invariants.ts'
import { policySpec } from './policies.ts'
import { clearTheWay, kindAt, play, policyName, type Step } from './steps.ts'
import { World } from './world.ts'

const hourMs = 3_600_000
/** After everything is well again, each attempt must end within the longest deadlines of its policy. */
const restMs = 4 * hourMs
/** Records count for a day: after two, nothing of the walk stands against a repair. */
const forgottenMs = 50 * hourMs

export interface Plan {
  readonly seed: number
  readonly machines: number
  readonly settleMs: number
  /** Specs of policies, by the share that says what is in them. */
  readonly policies: readonly number[]
  /** Between two acts everything ends, and days go by. */
  readonly acts: readonly { readonly steps: readonly Step[]; readonly leapMs: number }[]
}

export interface Walked {
  readonly broken: readonly Broken[]
  /** How often each invariant was asked. */
  readonly asked: Readonly<Record<Invariant, number>>
  readonly deeds: Deeds
  readonly nodeDays: number
  readonly steps: number
  /** Controllers that were killed, and terms of leaders. */
  readonly lives: number
  readonly terms: number
}

/** The walk of a seed. */
export function planOf(seed: number): Plan {
  const random = seededRandom(seed)
  const machines = random() < 0.3 ? 3 + whole(random, 5) : 8 + whole(random, 72)
  const acts = Array.from({ length: 3 + whole(random, 4) }, () => ({
    steps: Array.from({ length: 4 + whole(random, 30) }, () => stepOf(random)),
    leapMs: (1 + random() * 40) * 24 * hourMs,
  }))
  const policies = Array.from({ length: 1 + whole(random, 3) }, () => random())
  return { seed, machines, settleMs: [0, 20_000, 300_000][whole(random, 3)] ?? 0, policies, acts }
}

function stepOf(random: Random): Step {
  const after = random() < 0.5 ? random() * 10 : random() * 120
  return { kind: kindAt(random()), after, pick: random(), how: random() }
}

function whole(random: Random, below: number): number {
  return Math.floor(random() * below)
}

/** Walks it, to its end or to the first thing that is broken. */
export async function walk(plan: Plan): Promise<Walked> {
  const asked = Object.fromEntries(invariants.map((one) => [one, 0])) as Record<Invariant, number> // each of them
  const broken: Broken[] = []
  const check = (invariant: Invariant, holds: boolean, what: () => string): void => {
    asked[invariant]++
    if (!holds) broken.push({ invariant, what: what() })
  }
  const world = new World({ seed: plan.seed, cluster: clusterOf(plan), settleMs: plan.settleMs, check })
  const run = new Run(world, check, () => broken.length > 0)
  try {
    await run.begin(plan)
    await run.toEnd(plan)
  } finally {
    world.stop()
  }
  const { nodeDays, lives, witness } = world
  const sum = (of: (life: (typeof lives)[number]) => number): number => lives.reduce((all, one) => all + of(one), 0)
  return {
    broken,
    asked,
    deeds: witness.deeds,
    nodeDays,
    steps: run.steps,
    lives: sum((one) => one.lives),
    terms: sum((one) => one.terms),
  }
}

function clusterOf({ machines, seed }: Plan): unknown {
  const left = Math.ceil(machines / 2)
  const zones = seed % 3 === 0 ? ['a', 'b', 'c'] : []
  const group = (size: number, half: string) => ({ size, labels: { half }, zones, replaceAfter: '90s' })
  return { groups: { pool: group(left, 'left'), rest: group(machines - left, 'right') } }
}

class Run {
  readonly #world: World
  readonly #check: (invariant: Invariant, holds: boolean, what: () => string) => void
  readonly #over: () => boolean
  steps = 0

  constructor(
    world: World,
    check: (invariant: Invariant, holds: boolean, what: () => string) => void,
    over: () => boolean,
  ) {
    this.#world = world
    this.#check = check
    this.#over = over
  }

  async begin({ policies, machines }: Plan): Promise<void> {
    const world = this.#world
    world.cluster.start()
    await world.pass(5_000)
    policies.forEach((share, index) => {
      happenHere(world, { policies: { [policyName(index / 3)]: policySpec(share) } })
    })
    const pods = { nodes: '*', count: 1, grace: 5 }
    happenHere(world, { addPods: [{ name: 'web', ...pods }] })
    if (machines < 40)
      happenHere(world, {
        addPods: [
          { name: 'bare', owner: 'none', ...pods },
          { name: 'agent', owner: 'DaemonSet', ...pods },
        ],
      })
    for (const life of world.lives) life.start()
    await world.pass(30_000)
  }

  async toEnd({ acts }: Plan): Promise<void> {
    for (const { steps, leapMs } of acts) {
      for (const step of steps) {
        if (this.#over()) return
        await this.#world.pass(step.after * 1_000)
        play(this.#world, step)
        this.steps++
      }
      await this.#world.pass(300_000)
      await this.#rest()
      if (this.#over()) return
      await this.#world.leap(leapMs)
    }
    await this.#probe()
  }

  /** Every obstacle goes, then every fault: each attempt must end, and leave nothing behind. */
  async #rest(): Promise<void> {
    const world = this.#world
    clearTheWay(world)
    await world.pass(600_000)
    for (let passed = 0; passed < restMs && !this.#over(); passed += 120_000) {
      healAll(world)
      await world.pass(120_000)
      if (!isSick(world) && this.#open().length === 0 && passed > 0) break
    }
    if (this.#over()) return
    const open = this.#open()
    this.#check('ends', open.length === 0, () => `after ${restMs / hourMs} h without a fault: ${open.join('; ')}`)
    const left = world.cluster.list('nodes').filter((node) => JSON.stringify(node.spec).includes(repairTaintKey))
    this.#check('ends', left.length === 0, () => `our taint is left on ${left.map((one) => one.metadata.name)}`)
  }

  #open(): readonly string[] {
    return attemptsIn(this.#world.cluster).flatMap((one) =>
      isFinished(one.phase)
        ? []
        : [`${one.name} ${one.phase}: ${one.phases.at(-1)?.why}, ${one.decision?.decidedBy}, ${one.trouble}`],
    )
  }

  /** Days later, with one plain policy: a single fault must be repaired, whatever was before. */
  async #probe(): Promise<void> {
    const world = this.#world
    if (this.#over()) return
    await world.leap(forgottenMs)
    for (const one of world.cluster.list('repairpolicies'))
      happenHere(world, { policies: { [one.metadata.name]: null } })
    const spec = {
      mode: 'Enforce',
      match: [{ condition: 'KernelReady' }],
      toleration: '5s',
      action: 'Replace',
      restraint: { dwell: '5s' },
    }
    happenHere(world, { policies: { probe: { ...spec, budgets: [{ nodes: '1' }] } } })
    await world.pass(600_000)
    const node = world.cluster.list('nodes')[0]?.metadata.name ?? ''
    happenHere(world, { nodes: node, condition: 'KernelReady=False', reason: 'Probe' })
    const mine = () => attemptsIn(world.cluster).filter((one) => one.plan?.policy === 'probe')
    for (let passed = 0; passed < hourMs && !mine().some((one) => isFinished(one.phase)); passed += 30_000)
      await world.pass(30_000)
    const all = attemptsIn(world.cluster).filter((one) => one.nodeName === node && !isFinished(one.phase))
    const seen = (): string =>
      JSON.stringify(
        [...mine(), ...all].map((one) => [
          one.phase,
          one.phases.at(-1)?.why,
          one.decision?.gates.filter((gate) => gate.answer !== 'allow'),
        ]),
      )
    this.#check(
      'breaker',
      mine().some((one) => one.phase === 'Succeeded'),
      () => `the last fault is not repaired: ${seen()}`,
    )
  }
}
