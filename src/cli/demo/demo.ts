/**
 * `nodemend demo`, which is `npm start`: the whole line of flow on this machine without a cluster. The API server and
 * the modelled nodes live in this process; agent and controller are processes of their own, as in a cluster.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command, Option } from 'commander'
import { isProven, missingText } from '../../drill/fault-history.ts'
import { CommandError, exitCodes, type Io } from '../io.ts'
import { asOf, farewell, summaryOf } from './print.ts'
import { Stage } from './stage.ts'

interface DemoOptions {
  readonly once: boolean
  readonly output: 'text' | 'json'
  readonly kmsg: string
}

export function demoCommand(io: Io): Command {
  return new Command('demo')
    .description('show one fault on its whole way, from an injected kernel line to a proven replacement; no cluster')
    .option('--once', 'end after the proof (exit code 0) instead of running until Ctrl-C', false)
    .option('--kmsg <file>', 'the kernel log to inject into and to read', '/dev/kmsg')
    .addOption(
      new Option('-o, --output <format>', 'json: the live text goes to stderr, one JSON object comes last')
        .choices(['text', 'json'])
        .default('text'),
    )
    .action((options: DemoOptions) => runDemo(options, io))
}

async function runDemo(options: DemoOptions, io: Io): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'nodemend-demo-'))
  const say = options.output === 'json' ? io.stderr : io.stdout
  const stage = new Stage({ io, folder, say, kmsg: options.kmsg })
  try {
    await stage.build()
    const history = await stage.playInjected(options.once ? 'once' : 'with people')
    if (options.output === 'json') io.stdout(`${JSON.stringify(summaryOf(history))}\n`)
    if (!isProven(history)) {
      const why = history.failed ?? asOf(`no proof in time: ${missingText(history)}`, io.clock.now())
      throw new CommandError('NM_DEMO_FAILED', why, exitCodes.unhealthy)
    }
    while (!options.once) await stage.playByHand()
  } catch (error) {
    if (!io.signal.aborted) throw error
  } finally {
    await stage.strike()
    rmSync(folder, { recursive: true, force: true })
    say(farewell(folder, io))
  }
}
