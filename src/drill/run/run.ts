/** Runs drills on one node: inject, watch, end, wait until nothing is left. Whatever happens, the faults are ended. */
import { type Clock, sleep } from '../../telemetry/clock.ts'
import { injectionNamed } from '../injections/injections.ts'
import { type Drill, mustCondemn } from '../plan/drill.ts'
import { type DrillResult, resultOf } from '../score/score.ts'
import { type DrillFacts, seeBegun, seeInjected, seeLeft, seeRemoved, seeTrouble } from '../watch/facts.ts'
import { type Asked, isSettled } from '../watch/stages.ts'
import type { Injector } from './injector.ts'
import { Watcher, type WatcherParts } from './watcher.ts'

export interface RunParts extends Omit<WatcherParts, 'onFacts'> {
  readonly injector: Injector
  readonly asked: (drill: Drill) => Asked
  /** The fault is held for its whole time, so that people can look; else it ends as soon as everything is seen. */
  readonly hold: boolean
  /** The facts of a drill have changed. */
  readonly onFacts: (facts: DrillFacts) => void
}

const pollMs = 50
/** Until every watch has its first list. */
const syncMs = 30_000
/** The agent writes so many Events at once, then one every so often (`detect/report/event-writer.ts`). */
const eventsAtOnce = 24
const perEventMs = 2_500
/** A condition follows its evidence within a second; a busy API server gets more. */
const cleanMs = 30_000

/**
 * Turns in which the drills may run beside each other: those of one injection that condemn nothing, at most as many as
 * the agent tells at once. The others run alone, because a condition names one of them.
 */
export function turnsOf(drills: readonly Drill[]): readonly (readonly Drill[])[] {
  const turns: Drill[][] = []
  for (const drill of drills) {
    const turn = turns.find((others) => others.length < eventsAtOnce && others.every((other) => agree(other, drill)))
    if (turn) turn.push(drill)
    else turns.push([drill])
  }
  return turns
}

function agree(a: Drill, b: Drill): boolean {
  const marked = a.subject.line !== undefined && b.subject.line !== undefined
  return marked && !mustCondemn(a) && !mustCondemn(b) && a.node === b.node
}

/** Runs one turn. Rejects when the watches do not begin, and when the signal is aborted: the faults are ended then, too. */
export async function runTurn(drills: readonly Drill[], parts: RunParts): Promise<readonly DrillResult[]> {
  const [first] = drills
  if (!first) return []
  const over = new AbortController()
  const watcher = new Watcher(drills, { ...parts, signal: over.signal })
  const watching = watcher.watch(first.node)
  try {
    await until(parts.clock, syncMs, () => watcher.ready, parts.signal)
    if (!watcher.ready) throw new Error(`the API server does not list the Events and conditions of ${first.node}`)
    await play(drills, watcher, parts)
    return watcher.facts.map((facts) => resultOf(facts, parts.asked(facts.drill)))
  } finally {
    over.abort()
    await watching
  }
}

async function play(drills: readonly Drill[], watcher: Watcher, parts: RunParts): Promise<void> {
  const { injector, clock, signal, asked, hold } = parts
  try {
    watcher.see(seeBegun)
    await injector.inject(drills)
    watcher.see(seeInjected)
    const settled = (): boolean => watcher.facts.every((facts) => isSettled(facts, asked(facts.drill)))
    if (hold) await sleep(clock, Math.max(...drills.map(({ forMs }) => forMs)), signal)
    else await until(clock, patienceOf(drills), settled, signal)
  } catch (error) {
    if (signal.aborted) throw error
    watcher.see((facts) => seeTrouble(facts, (error as Error).message))
  } finally {
    await end(drills, watcher, parts)
  }
  await until(clock, cleanMs, () => watcher.facts.every(({ cleanedAt }) => cleanedAt !== undefined), signal)
}

async function end(drills: readonly Drill[], watcher: Watcher, { injector }: RunParts): Promise<void> {
  try {
    await injector.remove(drills)
    watcher.see(seeRemoved)
  } catch (error) {
    watcher.see((facts) => seeLeft(facts, (error as Error).message))
  }
}

/**
 * As long as the agent needs to tell so many findings, whether or not their time is over by then; a condition, and what
 * follows it, as long as the fault is held.
 */
function patienceOf(drills: readonly Drill[]): number {
  const times = drills.map((drill) => {
    const found = injectionNamed(drill.subject.injection)?.foundWithinMs ?? 0
    return mustCondemn(drill) ? drill.forMs : found + drills.length * perEventMs
  })
  return Math.max(...times)
}

async function until(clock: Clock, ms: number, done: () => boolean, signal: AbortSignal): Promise<void> {
  const deadline = clock.monotonic() + ms
  while (!done() && clock.monotonic() < deadline) await sleep(clock, pollMs, signal)
}
