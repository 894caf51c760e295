/** Starts a program repeatedly and kills it with SIGKILL at random instants. */
import { type Random, sleep, systemClock } from '../../src/telemetry/clock.ts'
import { type ProcessGroup, type Program, type Running, tail } from '../cluster/process/processes.ts'

/** Kills that come this early meet a program that still reads its state. */
const startMs = 600
const earlyShare = 0.3

export interface KillPlan {
  readonly kills: number
  readonly longestLifeMs: number
  /** The command of the n-th run. */
  readonly program: (life: number) => Program
  readonly random: Random
  readonly log: (line: string) => void
}

/**
 * Kills as often as planned and resolves to the run after the last kill, which goes on. Rejects when a run ends by
 * itself, because agent and controller never do.
 */
export async function killAgainAndAgain(group: ProcessGroup, plan: KillPlan): Promise<Running> {
  for (let life = 0; life < plan.kills; life++) {
    const running = group.start(plan.program(life))
    await sleep(systemClock, lifeMs(plan))
    if (!running.signal('SIGKILL')) {
      throw new Error(`NM_SOAK_CRASH: ${running.name} ended by itself in life ${life}:\n${tail(running.logFile)}`)
    }
    await running.exited
    if ((life + 1) % 50 === 0) plan.log(`${running.name}: ${life + 1} of ${plan.kills} kills`)
  }
  return group.start(plan.program(plan.kills))
}

function lifeMs({ random, longestLifeMs }: KillPlan): number {
  return random() * (random() < earlyShare ? startMs : longestLifeMs)
}
