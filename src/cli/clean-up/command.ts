/** `nodemend clean-up`: the last thing before an uninstall. The steps are in `steps.ts`. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { formatDuration, parseDuration } from '../../catalog/duration.ts'
import { shownText } from '../../model/shown.ts'
import { type ClusterFlags, clusterApi } from '../cluster/api.ts'
import { CommandError, exitCodes, type Io } from '../io.ts'
import { type CleanUp, type Step, steps } from './steps.ts'

interface Flags extends ClusterFlags {
  readonly namespace?: string
  readonly leaseName: string
  readonly instance: string
  readonly timeout: number
  readonly bestEffort?: boolean
}

const usualMs = 120_000
const longestReason = 300

export function cleanUpCommand(io: Io): Command {
  return new Command('clean-up')
    .description('end agent and controller, and take their conditions, taints and finalisers out of the cluster')
    .option('--kubeconfig <FILE>', 'outside a pod: how to reach the cluster (default: KUBECONFIG, ~/.kube/config)')
    .option('--context <NAME>', 'context of the kubeconfig')
    .option(
      '--namespace <NAME>',
      'namespace of agent and controller (default: the pod’s or the context’s, else default)',
    )
    .option('--instance <NAME>', 'their label app.kubernetes.io/instance: the name of the Helm release', 'nodemend')
    .option('--lease-name <NAME>', 'name of the controller’s lease', 'nodemend-controller')
    .addOption(
      new Option('--timeout <DURATION>', 'it ends after this long with what it has done')
        .argParser(duration)
        .default(usualMs, formatDuration(usualMs)),
    )
    .option('--best-effort', 'end with 0 also when something is left, so that an uninstall goes on')
    .action((flags: Flags) => cleanUp(flags, io))
}

async function cleanUp(flags: Flags, io: Io): Promise<void> {
  const { api, namespace } = await clusterApi(flags, 'clean-up', io)
  const { clock, signal } = io
  const around: CleanUp = {
    api,
    clock,
    signal,
    namespace: flags.namespace ?? namespace ?? 'default',
    leaseName: flags.leaseName,
    instance: flags.instance,
    deadline: clock.monotonic() + flags.timeout,
  }
  const left: string[] = []
  try {
    for (const step of steps) if (!(await isDone(step, around, io))) left.push(step.name)
  } finally {
    api.close()
  }
  if (left.length === 0) return
  const message = `not finished: ${left.join(', ')}. Run it again, or see docs/how-to/uninstall.md for each by hand`
  if (flags.bestEffort) io.stderr(`nodemend: ${message} (NM_CLI_LEFT)\n`)
  else throw new CommandError('NM_CLI_LEFT', message, exitCodes.unhealthy)
}

/** A step that fails holds up none of the others. */
async function isDone(step: Step, around: CleanUp, { stdout, clock }: Io): Promise<boolean> {
  if (around.signal.aborted || clock.monotonic() >= around.deadline) {
    stdout(`${step.name}: the time is up\n`)
    return false
  }
  try {
    stdout(`${step.name}: ${await step.run(around)}\n`)
    return true
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    stdout(`${step.name}: failed: ${shownText(why, longestReason)}\n`)
    return false
  }
}

function duration(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined) throw new InvalidArgumentError('Write a duration such as 30s or 5m.')
  return ms
}
