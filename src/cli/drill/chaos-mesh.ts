/** `nodemend drill chaos-mesh`: drills as a Workflow or a Schedule of Chaos Mesh, for `kubectl apply -f -`. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { stringify } from 'yaml'
import { formatDuration } from '../../catalog/duration.ts'
import type { Drill } from '../../drill/plan/drill.ts'
import { chaosMeshObject } from '../../drill/run/chaos-mesh.ts'
import { turnsOf } from '../../drill/run/run.ts'
import { version } from '../../telemetry/version.ts'
import type { Io } from '../io.ts'
import { subjectsNamed } from './known-subjects.ts'
import { allOption, type Choice, forOption, injectionOption, modeOption } from './options.ts'

interface Flags extends Choice {
  readonly node?: string
  readonly schedule?: string
  readonly name: string
  readonly namespace: string
  readonly image: string
}

export function drillChaosMeshCommand(io: Io): Command {
  return new Command('chaos-mesh')
    .description('print drills as a Workflow of Chaos Mesh, or with --schedule as a Schedule, for kubectl apply -f -')
    .argument('[reason...]', 'what to drill, as nodemend drill list names it')
    .addOption(allOption())
    .addOption(
      new Option('--schedule <CRON>', 'when, in the time zone of Chaos Mesh: five fields (default: once)').argParser(
        cronOf,
      ),
    )
    .option('--node <NAME>', 'the node (default: the first one that is well)')
    .addOption(modeOption())
    .addOption(forOption())
    .addOption(injectionOption())
    .option('--name <NAME>', 'name of the object', 'nodemend-drill')
    .option('--namespace <NAME>', 'its namespace, in which the Jobs of drills run, too', 'nodemend-drills')
    .option('--image <IMAGE>', 'an image with nodemend in it', `ghcr.io/nodemend/controller:${version}`)
    .action((reasons: readonly string[], flags: Flags) => io.stdout(exported(reasons, flags, io)))
}

function exported(reasons: readonly string[], flags: Flags, io: Io): string {
  const { mode, for: forMs, all, node, injection, schedule, ...rest } = flags
  const drills = subjectsNamed(reasons, flags, io).map((subject): Drill => ({ id: '', node: '', mode, forMs, subject }))
  const args = [
    ...(all ? ['--all'] : reasons),
    ...(node === undefined ? [] : [`--node=${node}`]),
    ...(injection === undefined ? [] : [`--injection=${injection}`]),
    `--mode=${mode.toLowerCase()}`,
    `--for=${formatDuration(forMs)}`,
  ]
  const turns = turnsOf(drills).length
  return stringify(chaosMeshObject({ ...rest, args, turns, forMs, ...(schedule !== undefined && { schedule }) }), {
    lineWidth: 0,
  })
}

/** As much as tells a cron line from a duration or a date; Chaos Mesh judges the fields. */
function cronOf(text: string): string {
  if (/^[^\s]+(?: [^\s]+){4}$/.test(text) || /^@(?:yearly|monthly|weekly|daily|hourly|every \S+)$/.test(text))
    return text
  throw new InvalidArgumentError('Write five fields such as "0 10 * * 2" (Tuesdays at ten), or @weekly.')
}
