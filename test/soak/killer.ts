/** Starts a program again and again and ends it with SIGKILL at a random instant of its life. */
import { type Random, sleep, systemClock } from '../../src/telemetry/clock.ts'
import { type ProcessGroup, type Program, type Running, tail } from '../cluster/process/processes.ts'

/** Kills that come this early meet a program that is still reading what it knows from before. */
const startMs = 600
const earlyShare = 0.3

export interface KillPlan {
  readonly kills: number
  readonly longestLifeMs: number
  /** The command of the n-th life. */
  readonly program: (life: number) => Program
  readonly random: Random
  readonly log: (line: string) => void
}

/**
 * Kills as often as planned and resolves to the life after the last kill, which goes on. Rejects when a life ends by
 * itself: an agent or controller never does.
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
