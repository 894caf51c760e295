/** Plays one scenario: the shipped controller on its cluster, in virtual time. */
import { ApiFailure } from '../../embedded/failure.ts'
import type { ProviderName } from '../../providers/providers.ts'
import { budgetBody } from '../cluster/bodies.ts'
import type { Reported } from '../cluster/detector.ts'
import { putPods } from '../cluster/pods.ts'
import { VirtualCluster } from '../cluster/virtual-cluster.ts'
import { lease, VirtualController } from '../cluster/virtual-controller.ts'
import type { ScenarioEvent } from '../scenario/event-schema.ts'
import { endOf, ms, type Scenario } from '../scenario/schema.ts'
import { applyObjects, happen, Impossible, setPolicy } from './happen.ts'
import { breach, type Mismatch, mismatches } from './see.ts'
import { look, type Stage } from './stage.ts'

/** Until the cluster of a scenario is there: its nodes are ready, and the controller follows it. */
export const warmUpMs = 30_000

/** Something that went otherwise. */
export interface Failure {
  /** Where in the scenario: the list, and the index in it. */
  readonly part: 'timeline' | 'expect' | 'never' | 'policies' | 'cluster'
  readonly index: number
  /** Virtual time since the start, milliseconds. */
  readonly atMs: number
  readonly mismatches: readonly Mismatch[]
}

export interface Played {
  readonly failures: readonly Failure[]
  readonly virtualMs: number
  /** The stage as it was when the first failure was seen; at the end without one. */
  readonly stage: Stage
}

/** Plays it from the start to its end, or to the first thing that cannot be. */
export async function play(scenario: Scenario): Promise<Played> {
  const run = new Run(scenario)
  try {
    await run.toEnd()
  } finally {
    run.stop()
  }
  return run.result
}

interface Moment {
  readonly atMs: number
  readonly run: () => void
}

class Run {
  readonly #scenario: Scenario
  readonly #stage: Stage
  readonly #failures: Failure[] = []
  readonly #broken = new Set<number>()
  #startedAt = 0

  constructor(scenario: Scenario) {
    const { cluster: given } = scenario
    this.#scenario = scenario
    const cluster = new VirtualCluster(given, Date.parse(scenario.start) - warmUpMs, conditionsOf(scenario))
    const events = new Set<string>()
    const controller = new VirtualController({
      connect: () => cluster.connect(),
      clock: cluster.clock,
      random: cluster.random,
      providers: given.providers as readonly ProviderName[], // the schema takes only their names
      karpenterNodeRepair: given.karpenterNodeRepair,
      settleMs: ms(scenario.settle),
      onEvent: ({ reason }) => void events.add(reason),
      onPass: () => this.#watch(),
    })
    this.#stage = { cluster, controller, events, repairs: new Map() }
  }

  get result(): Played {
    return { failures: this.#failures, virtualMs: endOf(this.#scenario), stage: this.#stage }
  }

  stop(): void {
    this.#stage.controller.kill()
    this.#stage.cluster.stop()
  }

  async toEnd(): Promise<void> {
    const { cluster } = this.#stage
    cluster.start()
    cluster.create('leases', { metadata: { name: lease.name }, spec: {} }, lease.namespace)
    await cluster.clock.advance(1_000)
    if (!this.#furnish()) return
    await cluster.clock.advance(warmUpMs - 1_000)
    this.#startedAt = cluster.clock.monotonic()
    for (const moment of this.#moments()) {
      await cluster.clock.advance(Math.max(0, this.#startedAt + moment.atMs - cluster.clock.monotonic()))
      moment.run()
      if (this.#failures.length > 0) return // what follows from the first failure says nothing more
    }
  }

  /** Puts in what is there at the start; false when the API server refuses some of it. */
  #furnish(): boolean {
    const { cluster, controller } = this.#stage
    const { policies, cluster: given } = this.#scenario
    const names = Object.keys(policies)
    names.forEach((name, index) => {
      this.#attempt('policies', index, () => setPolicy(this.#stage, name, policies[name] ?? null))
    })
    this.#attempt('cluster', 0, () => {
      for (const one of given.objects) applyObjects(this.#stage, one) // Nodes among them have pods
      for (const group of given.pods) putPods(cluster, group)
      for (const one of given.budgets) cluster.create('poddisruptionbudgets', budgetBody(one), one.namespace)
    })
    if (this.#failures.length > 0) return false
    controller.start()
    return true
  }

  #moments(): readonly Moment[] {
    const { timeline, expect } = this.#scenario
    const events = timeline.flatMap((event, index) =>
      timesOf(event).map((atMs, round) => ({
        atMs,
        run: () => this.#attempt('timeline', index, () => happen(this.#stage, event, round)),
      })),
    )
    const looks = expect.map((expected, index) => ({
      atMs: ms(expected.at),
      run: () => this.#note('expect', index, mismatches(this.#stage, expected)),
    }))
    const end = { atMs: endOf(this.#scenario), run: () => this.#watch() }
    // Of one moment, what is expected is looked at before what happens.
    return [...looks, ...events, end].sort((a, b) => a.atMs - b.atMs)
  }

  /** After each pass: what must never happen. */
  #watch(): void {
    look(this.#stage)
    this.#scenario.never.forEach((never, index) => {
      const found = this.#broken.has(index) ? undefined : breach(this.#stage, never)
      if (!found) return
      this.#broken.add(index)
      this.#note('never', index, [found])
    })
  }

  #attempt(part: Failure['part'], index: number, step: () => void): void {
    try {
      step()
    } catch (error) {
      if (!(error instanceof Impossible || error instanceof ApiFailure)) throw error
      this.#note(part, index, [{ field: '', wanted: 'that this happens', found: error.message }])
    }
  }

  #note(part: Failure['part'], index: number, found: readonly Mismatch[]): void {
    if (found.length === 0) return
    const atMs = this.#stage.cluster.clock.monotonic() - this.#startedAt
    this.#failures.push({ part, index, atMs, mismatches: found })
  }
}

/** What the agents report: the conditions that the policies ask for. */
function conditionsOf({ policies, timeline }: Scenario): readonly Reported[] {
  const specs = [...Object.values(policies), ...timeline.flatMap((one) => Object.values(one.policies ?? {}))]
  const matches = specs.flatMap((spec) => (Array.isArray(spec?.match) ? (spec.match as Match[]) : [])) // checked when read
  const healthy = new Map(
    matches.map(({ condition, status }) => [condition, status === 'True' ? 'False' : 'True'] as const),
  )
  return [...healthy].map(([type, status]) => ({ type, healthy: status }))
}

interface Match {
  readonly condition: string
  readonly status?: string
}

function timesOf({ at, every, until }: ScenarioEvent): readonly number[] {
  const first = ms(at)
  const step = every === undefined ? 0 : ms(every)
  if (step === 0) return [first]
  const last = until === undefined ? first : ms(until)
  return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, index) => first + index * step)
}
