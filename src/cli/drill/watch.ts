/** `nodemend drill watch`: scores what others inject. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { formatDuration, parseDuration } from '../../catalog/duration.ts'
import { Bystander } from '../../drill/bystander/watch.ts'
import { viewPolicies } from '../../drill/run/policies.ts'
import { type DrillReport, reportSchema, scoreOf } from '../../drill/score/score.ts'
import { shownText } from '../../model/shown.ts'
import { sleep } from '../../telemetry/clock.ts'
import { version } from '../../telemetry/version.ts'
import { type ClusterFlags, clusterApi } from '../cluster/api.ts'
import type { Io } from '../io.ts'
import { knownSubjects } from './known-subjects.ts'
import { endBy } from './report.ts'
import { type ReportForm, reportForms, reportText } from './report-text.ts'

interface Flags extends ClusterFlags {
  readonly for: number
  readonly output: ReportForm
}

const usualMs = 5 * 60_000

export function drillWatchCommand(io: Io): Command {
  return new Command('watch')
    .description('score what others inject: Chaos Mesh experiments, and lines in kernel logs without a mark')
    .option('--kubeconfig <FILE>', 'how to reach the cluster (default: KUBECONFIG, ~/.kube/config)')
    .option('--context <NAME>', 'context of the kubeconfig')
    .addOption(
      new Option('--for <DURATION>', 'how long to watch').argParser(duration).default(usualMs, formatDuration(usualMs)),
    )
    .addOption(new Option('-o, --output <FORMAT>', 'how to print the report').choices(reportForms).default('text'))
    .action((flags: Flags) => watch(flags, io))
}

async function watch(flags: Flags, io: Io): Promise<void> {
  const { clock, random, signal } = io
  const { api } = await clusterApi(flags, 'cli', io)
  const { subjects, xids } = knownSubjects(io)
  const say = flags.output === 'text' ? io.stdout : io.stderr
  const over = new AbortController()
  const startedAt = new Date(clock.now()).toISOString()
  try {
    const policies = await viewPolicies(api)
    const bystander = new Bystander({
      api,
      clock,
      random,
      signal: over.signal,
      repairs: policies.repairs,
      subjectOf: (reason) => [...subjects, ...xids].find((one) => one.reason === reason),
      asked: (drill, labels) => policies.asked(drill, labels),
      onBegin: (what) => say(`${shownText(what)}\n`),
    })
    const watching = bystander.watch()
    say(`watching ${api.server} for ${formatDuration(flags.for)}; Ctrl-C ends it with the report\n`)
    watching.catch(() => over.abort())
    // Ctrl-C ends the watch early, and the report is of what was seen.
    await Promise.race([sleep(clock, flags.for, signal).catch(() => undefined), watching])
    const drills = bystander.results()
    over.abort()
    await watching
    const endedAt = new Date(clock.now()).toISOString()
    const score = scoreOf(drills)
    const report: DrillReport = {
      schema: reportSchema,
      version,
      cluster: api.server,
      startedAt,
      endedAt,
      score,
      drills,
      undrillable: [],
    }
    io.stdout(reportText(report, flags.output))
    endBy(report)
  } finally {
    over.abort()
    api.close()
  }
}

function duration(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined || ms <= 0) throw new InvalidArgumentError('Write a duration such as 90s or 10m.')
  return ms
}
