/** `nodemend policy test FILE…`: plays scenarios against the shipped controller, in virtual time. */
import { Command } from 'commander'
import { failureText } from '../../simulate/play/failure-text.ts'
import { play } from '../../simulate/play/play.ts'
import { readScenarios, type ScenarioAt } from '../../simulate/scenario/read.ts'
import type { Clock } from '../../telemetry/clock.ts'
import { CommandError, exitCodes, type Io } from '../io.ts'
import { scenarioFiles } from './files.ts'

/** A scenario that takes longer is named. */
const slowMs = 1_000

interface Flags {
  readonly only?: string
}

export function policyTestCommand(io: Io): Command {
  return new Command('test')
    .description('play scenarios in virtual time: what would these policies do on such a cluster?')
    .argument('<file...>', 'scenario files, or folders of them')
    .option('--only <TEXT>', 'only scenarios whose title contains it')
    .action((files: string[], flags: Flags) => testPolicies(files, flags, io))
}

async function testPolicies(files: readonly string[], { only }: Flags, io: Io): Promise<void> {
  const { scenarios, problems } = readScenarios(scenarioFiles(files))
  for (const { file, line, column, message } of problems) io.stdout(`${file}:${line}:${column}: ${message}\n`)
  if (problems.length > 0) throw new CommandError('NM_POLICY_SCENARIO', 'the scenarios have mistakes: mend them')
  const chosen = scenarios.filter((one) => one.scenario.scenario.includes(only ?? ''))
  if (chosen.length === 0)
    throw new CommandError('NM_POLICY_SCENARIO', `no scenario of the files has "${only ?? ''}" in its title`)
  const totals = { failed: 0, virtualMs: 0, slowestMs: 0, slowest: '' }
  const startedAt = io.clock.monotonic()
  for (const one of chosen) {
    if (io.signal.aborted) throw io.signal.reason
    const begunAt = io.clock.monotonic()
    const { text, virtualMs } = await playOne(one)
    const tookMs = io.clock.monotonic() - begunAt
    totals.virtualMs += virtualMs
    if (tookMs > totals.slowestMs) Object.assign(totals, { slowestMs: tookMs, slowest: one.scenario.scenario })
    if (text === undefined) continue
    totals.failed++
    io.stdout(text)
  }
  const passed = chosen.length - totals.failed
  io.stdout(`${passed} of ${chosen.length} scenarios pass; ${speedText(totals.virtualMs, startedAt, io.clock)}\n`)
  const slow = `the slowest took ${(totals.slowestMs / 1000).toFixed(1)} s: ${totals.slowest}\n`
  if (totals.slowestMs > slowMs) io.stdout(slow)
  if (totals.failed > 0) throw new CommandError('NM_POLICY_TEST', '', exitCodes.unhealthy)
}

/** Plays a scenario; `text` says what failed. */
async function playOne({
  scenario,
  locate,
}: ScenarioAt): Promise<{ readonly text?: string; readonly virtualMs: number }> {
  const played = await play(scenario)
  const { failures, virtualMs } = played
  const text = failures.map((failure) => {
    const place = locate([failure.part, failure.index])
    return failureText(scenario.scenario, place, failure, played, Date.parse(scenario.start))
  })
  return { virtualMs, ...(text.length > 0 && { text: text.join('') }) }
}

function speedText(virtualMs: number, startedAt: number, clock: Clock): string {
  const seconds = Math.max(0.001, (clock.monotonic() - startedAt) / 1000)
  const minutes = Math.round(virtualMs / 60_000)
  return `${minutes} virtual minutes in ${seconds.toFixed(1)} s`
}
