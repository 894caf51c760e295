/** `nodemend drill run`: one drill, several, or the whole catalogue, on one node. The end code follows the score. */
import { writeFile } from 'node:fs/promises'
import { Command, Option } from 'commander'
import { stringify } from 'yaml'
import { injectionNamed } from '../../drill/injections/injections.ts'
import type { Drill } from '../../drill/plan/drill.ts'
import { drillJob, kubectlLine } from '../../drill/run/job.ts'
import { type ClusterFlags, clusterApi } from '../cluster/api.ts'
import type { Io } from '../io.ts'
import { clusterGround } from './cluster-ground.ts'
import { embeddedGround } from './embedded-ground.ts'
import type { Ground } from './ground.ts'
import { knownSubjects, subjectsNamed } from './known-subjects.ts'
import {
  allOption,
  type Choice,
  domainLabelOption,
  forOption,
  imageOption,
  injectionOption,
  modeOption,
  perDomainOption,
} from './options.ts'
import { endBy } from './report.ts'
import { type ReportForm, reportForms, reportText } from './report-text.ts'
import { runSuite } from './suite.ts'

interface Flags extends ClusterFlags, Choice {
  readonly embedded?: boolean
  readonly node?: string
  readonly namespace?: string
  readonly image: string
  readonly domainLabel: string
  readonly perDomain: number
  readonly hold?: boolean
  readonly dryRun?: boolean
  readonly save?: string
  readonly output: ReportForm
}

export function drillRunCommand(io: Io): Command {
  return new Command('run')
    .description(
      'inject faults into one node, watch what follows, score it, and clean up; ends with 1 where a drill failed',
    )
    .argument('[reason...]', 'what to drill, as nodemend drill list names it')
    .addOption(allOption())
    .option('--embedded', 'without a cluster: modelled nodes, a real agent, a file in place of the kernel log')
    .option('--node <NAME>', 'the node (default: the first one that is well)')
    .addOption(modeOption())
    .addOption(forOption())
    .addOption(injectionOption())
    .option('--kubeconfig <FILE>', 'how to reach the cluster (default: KUBECONFIG, ~/.kube/config)')
    .option('--context <NAME>', 'context of the kubeconfig')
    .option('--namespace <NAME>', 'namespace of the Job (default: the context’s, else default)')
    .addOption(imageOption())
    .addOption(domainLabelOption())
    .addOption(perDomainOption())
    .option(
      '--hold',
      'hold the fault for its whole time, so that people can look; else it ends when everything is seen',
    )
    .option('--dry-run', 'print the Jobs and the kubectl commands that would inject, and do nothing')
    .option('--save <FILE>', 'write the report as JSON, for nodemend drill report')
    .addOption(new Option('-o, --output <FORMAT>', 'how to print the report').choices(reportForms).default('text'))
    .action((reasons: readonly string[], flags: Flags) => runDrills(reasons, flags, io))
}

async function runDrills(reasons: readonly string[], flags: Flags, io: Io): Promise<void> {
  const drills = subjectsNamed(reasons, flags, io).map((subject): Drill => {
    const { mode, for: forMs, node = '' } = flags
    return { id: drawId(io), node, mode, forMs, subject }
  })
  if (flags.dryRun) return io.stdout(drills.map((drill) => manifestOf(drill, flags)).join('---\n'))
  const undrillable = flags.all ? knownSubjects(io).undrillable : []
  const ground = await groundOf(flags, io)
  try {
    const say = flags.output === 'text' ? io.stdout : io.stderr
    const report = await runSuite(drills, undrillable, ground, { ...io, say, hold: flags.hold ?? false })
    if (flags.save !== undefined) await writeFile(flags.save, reportText(report, 'json'))
    io.stdout(reportText(report, flags.output))
    endBy(report)
  } finally {
    await ground.close()
  }
}

async function groundOf(flags: Flags, io: Io): Promise<Ground> {
  if (flags.embedded) return embeddedGround(io, flags.mode !== 'Observe')
  const { api, namespace = 'default' } = await clusterApi(flags, 'cli', io)
  const { image, node, domainLabel, perDomain } = flags
  return clusterGround({
    api,
    clock: io.clock,
    namespace: flags.namespace ?? namespace,
    image,
    ...(node !== undefined && { node }),
    limits: { domainLabel, perDomain },
  })
}

/** The Job, and above it the same as one command of a person, where the injection is a line. */
function manifestOf(drill: Drill, { namespace = 'default', image, node = 'NODE' }: Flags): string {
  const named = { ...drill, node }
  const injection = injectionNamed(drill.subject.injection)
  if (!injection) return ''
  const comment = drill.subject.line === undefined ? '' : `# ${kubectlLine(named)}\n`
  return `${comment}${stringify(drillJob([named], injection, { namespace, image }), { lineWidth: 0, aliasDuplicateObjects: false })}`
}

/** Unlike that of any other drill on the machine. */
function drawId({ random }: Pick<Io, 'random'>): string {
  const digits = Math.floor(random() * 36 ** 8).toString(36)
  return `d${digits.padStart(8, '0')}`
}
