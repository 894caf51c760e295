/** `nodemend scan`: checks this machine's kernel log and buses once, with the agent's rules. */
import { isAbsolute, resolve } from 'node:path'
import { Command, Option } from 'commander'
import { compileShipped } from '../../catalog/shipped.ts'
import { assemble } from '../../detect/assemble.ts'
import { decoders } from '../../detect/decode/decoders.ts'
import { adviseReasons } from '../../detect/decode/nvidia/incident.ts'
import { type Accelerator, findAccelerators } from '../../detect/host/accelerators.ts'
import { BlockDevices } from '../../detect/host/block-devices.ts'
import { bootClock, bootId, hostname } from '../../detect/host/boot.ts'
import { type Children, systemChildren } from '../../detect/host/children.ts'
import { type Host, openHost } from '../../detect/host/host.ts'
import type { Identity } from '../../detect/host/identity.ts'
import { isThisMachine } from '../../detect/host/network.ts'
import { createSteadyTime, type SteadyTime } from '../../detect/ledger/steady-time.ts'
import { describe } from '../../detect/lifecycle/condition.ts'
import { createSettings, noOverrides, type Settings } from '../../detect/lifecycle/settings.ts'
import { emptyState, type Finding, type LifecycleState } from '../../detect/lifecycle/state.ts'
import { type Input, step } from '../../detect/lifecycle/step.ts'
import { compileMatchers } from '../../detect/match/compile.ts'
import { inputsOf, type Monitor } from '../../detect/monitors/monitor.ts'
import { acceleratorReady } from '../../detect/report/accelerator-ready.ts'
import { meaningsOf } from '../../detect/sources/framing/meanings.ts'
import { openRecorded } from '../../detect/sources/kmsg/recorded.ts'
import { conditionTypes } from '../../model/condition.ts'
import type { Clock } from '../../telemetry/clock.ts'
import { Registry } from '../../telemetry/exposition.ts'
import { silentLog } from '../../telemetry/log.ts'
import { rfc3339Seconds } from '../../telemetry/rfc3339.ts'
import { nvmlProgram } from '../agent/nvml-program.ts'
import { CommandError, exitCodes, type Io, type OutputFormat } from '../io.ts'
import { outputOption, print, tableText } from '../output.ts'
import { withProgress } from '../progress.ts'
import { acceleratorsText, identified } from './accelerators.ts'
import { catalogueFolder } from './catalogue-folder.ts'
import { atOneLook, clockOfCopy, kernelLogOf } from './one-look.ts'
import { readTextLog, type TextLog } from './text-log.ts'

/** The JSON that `scan --output json` prints. */
export interface Scan {
  readonly node: string
  readonly healthy: boolean
  /** Each monitor's state, what this machine does not have, and why a monitor cannot look. */
  readonly monitors: readonly {
    readonly name: string
    readonly state: Monitor['state']
    readonly absent?: string
    readonly why?: string
  }[]
  /** Number of kernel log records read. It is 0 with `trouble` when the log is unreadable or empty. */
  readonly records: number
  /** How many of `records` are lines without framing; they count as written by user space. */
  readonly unframed: number
  readonly trouble?: string
  readonly conditions: readonly {
    readonly type: string
    readonly status: string
    readonly reason: string
    readonly message: string
  }[]
  readonly findings: readonly ScanFinding[]
  readonly accelerators: readonly (Accelerator & Identity)[]
}

export interface ScanFinding {
  readonly severity: string
  readonly condition: string
  readonly reason: string
  readonly device?: string
  /** The trust of its lines: `userspace` turns a condition only with --accept-user-facility. */
  readonly trust: string
  readonly message: string
  readonly lines: number
  /** Absent where a saved log does not tell the time of day. */
  readonly firstAt?: string
  readonly lastAt?: string
  readonly companions: readonly string[]
}

interface Flags {
  readonly hostRoot: string
  /** Absent: {@link kernelLogOf}. */
  readonly kmsg?: string
  readonly acceptUserFacility?: boolean
  readonly output: OutputFormat
}

export function scanCommand(io: Io): Command {
  return new Command('scan')
    .description('check this machine once: conditions, findings, accelerators')
    .addOption(new Option('--host-root <DIR>', 'where the machine’s / is mounted').env('HOST_ROOT').default('/'))
    .option(
      '--kmsg <FILE>',
      'the kernel log, or a saved one in any framing (- reads stdin); an absolute path is under the host root; default: /dev/kmsg, or what a copy of a machine has in its place (/var/log/kern.log, /var/log/dmesg, /dmesg)',
    )
    .option('--accept-user-facility', 'treat kernel log lines from user space like the kernel’s own')
    .addOption(outputOption())
    .action(async (flags: Flags) => {
      const scan = await withProgress(io, 'looking at this machine', () => scanHost(flags, io))
      print(io, flags.output, scan, () => scanText(scan))
      if (scan.trouble !== undefined) throw new CommandError('NM_SCAN_KMSG', scan.trouble)
      if (!scan.healthy) throw new CommandError('NM_SCAN_UNHEALTHY', '', exitCodes.unhealthy)
    })
}

export interface ScanParts extends Pick<Io, 'clock' | 'random' | 'programFile' | 'stdin' | 'signal'> {
  readonly children?: Children
}

/** Lets every monitor look once, without waiting for new lines. */
export async function scanHost(flags: Omit<Flags, 'output'>, io: ScanParts): Promise<Scan> {
  const { clock, random } = io
  const host = openHost(flags.hostRoot)
  const children = io.children ?? systemChildren(host.root, clock)
  const kmsg = pathOf(flags.kmsg ?? kernelLogOf(host), host)
  const catalogue = compileShipped(catalogueFolder(io.programFile))
  const found = findAccelerators(host)
  const settings = createSettings({
    reasons: atOneLook(catalogue.reasons),
    overrides: noOverrides,
    acceptUserspace: flags.acceptUserFacility ?? false,
    acceleratorReady: acceleratorReady(found.map(({ kind }) => kind)),
    advise: (reasons) => adviseReasons(reasons, catalogue.tables),
  })
  const boot = bootId(host)
  const alive = isThisMachine(host, openHost('/'))
  const program = nvmlProgram(io.programFile)
  const matchers = compileMatchers(catalogue, decoders, new BlockDevices(host).isDetachable)
  const text = await readTextLog(kmsg, meaningsOf(catalogue, matchers.of('kmsg')), io)
  const time = text ? timeOf(text, clock, boot) : createSteadyTime(clock, bootClock(host, clock), boot, undefined)
  const read = { records: text?.lines ?? 0, unframed: text ? text.lines - text.known : 0 }
  const { monitors } = assemble({
    host,
    children,
    nvmlProgram: program,
    clock: alive ? clock : clockOfCopy(clock, text?.endsAt),
    random,
    time,
    log: silentLog,
    registry: new Registry(),
    settings: () => settings,
    catalogue: () => catalogue,
    matchers: () => matchers,
    kmsg,
    ...(text && { openKmsg: () => openRecorded(text.records) }),
    cursors: {},
    sameBoot: true,
    onBatch: ({ lines, unframed = 0, cursor }) => {
      if (text !== undefined || cursor?.source === 'journal') return
      read.records += lines
      read.unframed += unframed
    },
  })
  const inputs: Input[] = [{ kind: 'monitors', monitors }]
  for (const monitor of monitors) {
    await monitor.check((from, observation) => inputs.push(...inputsOf(from, observation)))
    monitor.stop()
  }
  const accelerators = await identified(host, found, children, alive ? program : undefined)
  const { state } = step(emptyState(boot, clock.now()), inputs, time.moment(), settings)
  const trouble = troubleOf(state, kmsg, read)
  const seen = trouble === undefined ? state : blinded(state, trouble, time, settings)
  const node = text?.host ?? hostname(host)
  const timeless = text !== undefined && text.endsAt === undefined
  return summarise({ node, timeless, monitors, state: seen, settings, time, accelerators, ...read }, trouble)
}

/** Standard input, a path under the host root, or one of the working directory. */
function pathOf(kmsg: string, host: Host): string {
  if (kmsg === '-' || kmsg === '/dev/stdin') return '-'
  return isAbsolute(kmsg) ? host.path(kmsg) : resolve(kmsg)
}

/** A saved log is judged at its own last line: what was over since then, nobody has seen. */
function timeOf({ spanMs, endsAt }: TextLog, clock: Clock, boot: string): SteadyTime {
  const now = endsAt ?? clock.now()
  return createSteadyTime({ now: () => now }, () => spanMs, boot, undefined)
}

interface Read {
  readonly records: number
  readonly unframed: number
}

/** Why the kernel log gave no evidence. The conditions are then Unknown, never True. */
function troubleOf({ watchers }: LifecycleState, path: string, { records, unframed }: Read): string | undefined {
  const watch = watchers.get('kernel')?.watch
  if (watch && 'why' in watch) return `${path}: ${watch.why}`
  if (records !== unframed) return undefined
  if (records === 0) return `${path} has no kernel log records`
  return `none of the ${records} lines of ${path} is a line of a kernel log; give one with --kmsg, in any framing`
}

function blinded(state: LifecycleState, why: string, time: SteadyTime, settings: Settings): LifecycleState {
  return step(state, [{ kind: 'watch', monitor: 'kernel', watch: { state: 'blind', why } }], time.moment(), settings)
    .state
}

interface Seen extends Read {
  /** The log does not tell the time of day. */
  readonly timeless: boolean
  readonly node: string
  readonly monitors: readonly Monitor[]
  readonly state: LifecycleState
  readonly settings: Settings
  readonly time: SteadyTime
  readonly accelerators: Scan['accelerators']
}

function summarise(seen: Seen, trouble: string | undefined): Scan {
  const { node, timeless, monitors, state, settings, time, accelerators, records, unframed } = seen
  const raised = [...state.findings.values()].filter((finding) => finding.raisedAt !== undefined)
  const { wallOffset } = time.moment()
  return {
    node,
    healthy: conditionTypes.every((type) => state.conditions[type].status === 'True'),
    monitors: monitors.map(({ name, absent }) => {
      const watch = state.watchers.get(name)?.watch ?? { state: 'pending' }
      const why = 'why' in watch ? { why: watch.why } : {}
      return { name, state: watch.state, ...(absent !== undefined && { absent }), ...why }
    }),
    records,
    unframed,
    ...(trouble !== undefined && { trouble }),
    conditions: conditionTypes.map((type) => {
      const { status, reason, message } = state.conditions[type]
      return { type, status, reason, message }
    }),
    findings: raised.map((finding) => findingOf(finding, settings, timeless ? undefined : wallOffset)),
    accelerators,
  }
}

function findingOf(finding: Finding, settings: Settings, wallOffset: number | undefined): ScanFinding {
  const { leader, lines, companions } = finding
  return {
    severity: settings.severityOf(leader, finding) ?? 'info',
    condition: leader.condition,
    reason: leader.reason,
    ...(leader.device !== undefined && { device: leader.device }),
    trust: finding.trust,
    message: describe(finding),
    lines,
    ...(wallOffset !== undefined && {
      firstAt: rfc3339Seconds(finding.wallAt),
      lastAt: rfc3339Seconds(finding.lastAt + wallOffset),
    }),
    companions,
  }
}

function scanText(scan: Scan): string {
  const conditions = scan.conditions.map((one) => [
    one.type,
    one.status,
    one.reason,
    one.status === 'True' ? '' : one.message,
  ])
  const findings = scan.findings.map((one) => [
    one.severity,
    one.reason,
    one.device ?? '-',
    String(one.lines),
    one.lastAt ?? '-',
    one.message,
  ])
  const parts = [
    tableText(['CONDITION', 'STATUS', 'REASON', 'MESSAGE'], conditions),
    findings.length > 0 && tableText(['SEVERITY', 'FINDING', 'DEVICE', 'LINES', 'LAST SEEN', 'MESSAGE'], findings),
    acceleratorsText(scan.accelerators),
    monitorsText(scan),
    `${scan.node}: ${scan.records} ${scan.records === 1 ? 'line' : 'lines'} of the kernel log read${unframedText(scan.unframed)}\n`,
  ]
  return parts.filter((part) => part !== false).join('\n')
}

/** Lists the monitors that did not look, with the reason; false when all did. */
function monitorsText({ monitors }: Scan): string | false {
  const rows = monitors
    .filter(({ state, absent }) => state !== 'checked' || absent !== undefined)
    .map(({ name, state, absent, why }) => [
      name,
      absent === undefined ? state : 'nothing to look at',
      absent ?? why ?? '',
    ])
  return rows.length > 0 && tableText(['MONITOR', 'STATE', 'WHY'], rows)
}

/** Notes that lines without framing are judged without their time and writer. */
function unframedText(unframed: number): string {
  if (unframed === 0) return ''
  return `, ${unframed} of them in no framing of a kernel log`
}
