/** `nodemend scan`: this machine, once: what its kernel log and its buses say now, judged as the agent would judge it. */
import { isAbsolute, resolve } from 'node:path'
import { Command, Option } from 'commander'
import { compileShipped } from '../../catalog/shipped.ts'
import { decoders } from '../../detect/decode/decoders.ts'
import { adviseReasons } from '../../detect/decode/nvidia/incident.ts'
import { type Accelerator, findAccelerators } from '../../detect/host/accelerators.ts'
import { BlockDevices } from '../../detect/host/block-devices.ts'
import { bootClock, bootId, hostname } from '../../detect/host/boot.ts'
import { openHost } from '../../detect/host/host.ts'
import { describe } from '../../detect/lifecycle/condition.ts'
import { createSettings, noOverrides, type Settings } from '../../detect/lifecycle/settings.ts'
import { emptyState, type Finding, type LifecycleState, type Watch } from '../../detect/lifecycle/state.ts'
import { type Input, step } from '../../detect/lifecycle/step.ts'
import { createTimeline, type Timeline } from '../../detect/lifecycle/timeline.ts'
import { compileMatcher } from '../../detect/match/compile.ts'
import { explain } from '../../detect/monitors/kernel/judge.ts'
import { KernelReading } from '../../detect/monitors/kernel/read.ts'
import { acceleratorReady } from '../../detect/report/accelerator-ready.ts'
import { openLog } from '../../detect/sources/kmsg/open.ts'
import type { KmsgReader } from '../../detect/sources/kmsg/reader.ts'
import { emptyRecord } from '../../detect/sources/kmsg/record.ts'
import { conditionTypes } from '../../model/condition.ts'
import { rfc3339Seconds } from '../../telemetry/rfc3339.ts'
import { CommandError, exitCodes, type Io, type OutputFormat } from '../io.ts'
import { outputOption, print, tableText } from '../output.ts'
import { catalogueFolder } from './catalogue-folder.ts'

/** What `scan --output json` prints. */
export interface Scan {
  readonly node: string
  readonly healthy: boolean
  /** Records of the kernel log that were read; 0 with `trouble` when it cannot be read, or holds none. */
  readonly records: number
  /** How many of them are lines of a file without a record's framing; they count as written by user space. */
  readonly unframed: number
  readonly trouble?: string
  readonly conditions: readonly {
    readonly type: string
    readonly status: string
    readonly reason: string
    readonly message: string
  }[]
  readonly findings: readonly ScanFinding[]
  readonly accelerators: readonly Accelerator[]
}

export interface ScanFinding {
  readonly severity: string
  readonly condition: string
  readonly reason: string
  readonly device?: string
  readonly message: string
  readonly lines: number
  readonly firstAt: string
  readonly lastAt: string
  readonly companions: readonly string[]
}

interface Flags {
  readonly hostRoot: string
  readonly kmsg: string
  readonly output: OutputFormat
}

export function scanCommand(io: Io): Command {
  return new Command('scan')
    .description('look at this machine once: conditions, findings, accelerators')
    .addOption(new Option('--host-root <DIR>', 'where the machine’s / is mounted').env('HOST_ROOT').default('/'))
    .option(
      '--kmsg <FILE>',
      'the kernel log, or a file that holds records; an absolute path is under the host root',
      '/dev/kmsg',
    )
    .addOption(outputOption())
    .action((flags: Flags) => {
      const scan = scanHost(flags, io)
      print(io, flags.output, scan, () => scanText(scan))
      if (scan.trouble !== undefined) throw new CommandError('NM_SCAN_KMSG', scan.trouble)
      if (!scan.healthy) throw new CommandError('NM_SCAN_UNHEALTHY', '', exitCodes.unhealthy)
    })
}

/** Reads and judges; never waits for a line that is not there yet. */
export function scanHost(
  { hostRoot, kmsg }: Pick<Flags, 'hostRoot' | 'kmsg'>,
  io: Pick<Io, 'clock' | 'programFile'>,
): Scan {
  const { clock } = io
  const host = openHost(hostRoot)
  const catalogue = compileShipped(catalogueFolder(io.programFile))
  const accelerators = findAccelerators(host)
  const settings = createSettings({
    reasons: catalogue.reasons,
    overrides: noOverrides,
    acceptUserspace: true,
    acceleratorReady: acceleratorReady(accelerators.map(({ kind }) => kind)),
    advise: (reasons) => adviseReasons(reasons, catalogue.tables),
  })
  const boot = bootId(host)
  const timeline = createTimeline(clock, bootClock(host, clock), boot, undefined)
  const matcher = compileMatcher(catalogue, decoders, new BlockDevices(host).isDetachable)
  const reading = new KernelReading({ timeline, matcher: () => matcher, onEvidence: () => undefined })
  const drained = drain(isAbsolute(kmsg) ? host.path(kmsg) : resolve(kmsg), clock, reading)
  const seen = reading.collect(true).map((sighting): Input => ({ kind: 'seen', sighting }))
  const watch: Watch = drained.trouble === undefined ? { state: 'checked' } : { state: 'blind', why: drained.trouble }
  const inputs: readonly Input[] = [...seen, { kind: 'watch', conditions: conditionTypes, watch }]
  const { state } = step(emptyState(boot, timeline.bootedAt()), inputs, timeline.moment(), settings)
  return summarise(hostname(host), drained, state, settings, timeline, accelerators)
}

interface Drained {
  readonly records: number
  readonly unframed: number
  readonly trouble?: string
}

function drain(path: string, clock: Io['clock'], reading: KernelReading): Drained {
  let reader: KmsgReader
  let records = 0
  let unframed = 0
  try {
    reader = openLog(path, clock)
    const record = emptyRecord()
    for (let outcome = reader.next(record); outcome !== 'nothing'; outcome = reader.next(record)) {
      if (outcome !== 'record') continue
      records++
      if (record.stampStart < 0) unframed++
      reading.take(reader.buffer, record)
    }
    reader.close()
    // Nothing was seen, so nothing can be said: never a hopeful True.
    return { records, unframed, ...(records === unframed && { trouble: notRecords(path, records) }) }
  } catch (error) {
    return { records, unframed, trouble: `the kernel log ${path} cannot be read: ${explain(error as Error)}` } // node:fs throws Error
  }
}

/** The agent takes a line without framing for one that user space wrote; a whole log of them is some other text. */
function notRecords(path: string, lines: number): string {
  if (lines === 0) return `${path} holds no record of a kernel log`
  return `none of the ${lines} lines of ${path} is a record as /dev/kmsg gives them; for the text of dmesg or a journal: nodemend classify ${path}`
}

function summarise(
  node: string,
  drained: Drained,
  state: LifecycleState,
  settings: Settings,
  timeline: Timeline,
  accelerators: readonly Accelerator[],
): Scan {
  const raised = [...state.findings.values()].filter((finding) => finding.raisedAt !== undefined)
  const { wallOffset } = timeline.moment()
  return {
    node,
    healthy: conditionTypes.every((type) => state.conditions[type].status !== 'False'),
    ...drained,
    conditions: conditionTypes.map((type) => {
      const { status, reason, message } = state.conditions[type]
      return { type, status, reason, message }
    }),
    findings: raised.map((finding) => findingOf(finding, settings, wallOffset)),
    accelerators,
  }
}

function findingOf(finding: Finding, settings: Settings, wallOffset: number): ScanFinding {
  const { leader, origin, lines, companions } = finding
  return {
    severity: settings.severityOf(leader, origin) ?? 'info',
    condition: leader.condition,
    reason: leader.reason,
    ...(leader.device !== undefined && { device: leader.device }),
    message: describe(finding),
    lines,
    firstAt: rfc3339Seconds(finding.wallAt),
    lastAt: rfc3339Seconds(finding.lastAt + wallOffset),
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
    one.lastAt,
    one.message,
  ])
  const accelerators = scan.accelerators.map((one) => [one.address, one.kind, one.id, one.driver ?? '-'])
  const parts = [
    tableText(['CONDITION', 'STATUS', 'REASON', 'MESSAGE'], conditions),
    findings.length > 0 && tableText(['SEVERITY', 'FINDING', 'DEVICE', 'LINES', 'LAST SEEN', 'MESSAGE'], findings),
    accelerators.length > 0 && tableText(['ACCELERATOR', 'KIND', 'ID', 'DRIVER'], accelerators),
    `${scan.node}: ${scan.records} records of the kernel log read${unframedText(scan.unframed)}\n`,
  ]
  return parts.filter((part) => part !== false).join('\n')
}

/** A log in another framing is judged, but not as well: where its lines come from and when is not told. */
function unframedText(unframed: number): string {
  if (unframed === 0) return ''
  return `, ${unframed} of them without a record's framing (\`nodemend classify\` reads dmesg, syslog and journalctl)`
}
