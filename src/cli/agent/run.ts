/** The agent, put together: this file is its parts list. Runs until `signal`, then writes what is pending and ends. */
import type { CompiledCatalogue } from '../../catalog/compiled.ts'
import { decoders } from '../../detect/decode/decoders.ts'
import { adviseReasons } from '../../detect/decode/nvidia/incident.ts'
import { rowOf } from '../../detect/decode/nvidia/text.ts'
import { findAccelerators } from '../../detect/host/accelerators.ts'
import { BlockDevices } from '../../detect/host/block-devices.ts'
import { bootClock, bootId, hostname } from '../../detect/host/boot.ts'
import { type Disk, systemDisk } from '../../detect/host/disk.ts'
import { type Host, openHost } from '../../detect/host/host.ts'
import { Ledger } from '../../detect/lifecycle/ledger.ts'
import { createSettings, type Settings } from '../../detect/lifecycle/settings.ts'
import { emptyState } from '../../detect/lifecycle/state.ts'
import type { StoredState } from '../../detect/lifecycle/state-file.ts'
import { createTimeline, type Timeline } from '../../detect/lifecycle/timeline.ts'
import { createRuleBook, type RuleBook } from '../../detect/match/rule-book.ts'
import { KernelMonitor } from '../../detect/monitors/kernel/monitor.ts'
import { cursorsOf, inputsOf, type Monitor } from '../../detect/monitors/monitor.ts'
import { acceleratorReady } from '../../detect/report/accelerator-ready.ts'
import { AgentReport } from '../../detect/report/agent-report.ts'
import { knownFindings } from '../../detect/report/known-findings.ts'
import { KernelLog } from '../../detect/sources/kmsg/open.ts'
import type { Api } from '../../kube/api.ts'
import type { Clock, Random } from '../../telemetry/clock.ts'
import { createLog, type Log } from '../../telemetry/log.ts'
import { serve } from '../../telemetry/serve.ts'
import { version } from '../../telemetry/version.ts'
import { ConfigFile, readPacks, StateFile } from './files.ts'
import type { Work } from './heap.ts'
import type { AgentOptions } from './options.ts'

/** How often the configuration, the rule packs and the devices that are plugged in are looked at. */
const reloadMs = 60_000
/** How long the end may take: kubelet grants 30 s, an upgrade should wait neither for a dead API server nor a dead disk. */
const lastWordsMs = 3_000
const lastSaveMs = 3_000

export interface AgentParts {
  readonly clock: Clock
  readonly random: Random
  readonly signal: AbortSignal
  /** Receives whole log lines. */
  readonly write: (line: string) => void
  readonly catalogue: CompiledCatalogue
  /** Absent: detects and serves metrics, reports nothing to a cluster. */
  readonly api: Api | undefined
  /** Where the state file lies; absent: the machine's disk. */
  readonly disk?: Disk
  /** Told when everything runs, with the port that is served; `glance` does at once what a quiet node does all day. */
  readonly onReady?: (port: number, glance: () => void) => void
  /** Told of the work that was done, so that memory is tidied up after much of it. */
  readonly onWork?: (work: Work) => void
}

export async function runAgent(options: AgentOptions, parts: AgentParts): Promise<void> {
  const { clock, random, signal, catalogue, api } = parts
  const host = openHost(options.hostRoot)
  const node = options.node ?? hostname(host)
  const log = createLog({ clock, hostname: node, level: options.level, write: parts.write })
  const boot = bootId(host)
  log.info('starting', { version, node, boot, server: api?.server ?? 'none' })

  const stateFile = new StateFile({ disk: parts.disk ?? systemDisk, path: host.path(options.stateFile), clock, log })
  const stored = await stateFile.load()
  const timeline = createTimeline(clock, bootClock(host, clock), boot, stored?.time)
  const devices = new BlockDevices(host)
  const { isDetachable } = devices
  const readRules = async () => readPacks(options.rules)
  const rules = createRuleBook({ shipped: catalogue, decoders, isDetachable, readPacks: readRules })
  const config = new ConfigFile(host, options.config)
  const accelerators = findAccelerators(host).map(({ kind }) => kind)
  const settingsNow = (): Settings =>
    createSettings({
      reasons: rules.current().catalogue.reasons,
      overrides: config.overrides,
      acceptUserspace: options.acceptUserFacility,
      acceleratorReady: acceleratorReady(accelerators),
      advise: (reasons) => adviseReasons(reasons, catalogue.tables),
    })
  const report = new AgentReport({ api, node, clock, random, log })
  await reload(rules, config, report)

  const ledger = new Ledger({
    clock,
    timeline,
    log,
    settings: settingsNow(),
    state: stored?.lifecycle ?? emptyState(boot, timeline.bootedAt()),
    cursors: stored?.cursors ?? {},
    save: (text) => stateFile.save(text),
    onStep: (outcome, before) => report.stepped(outcome, before),
    onSaved: (outcome) => report.saved(outcome),
  })
  const monitors: readonly Monitor[] = [
    kernelMonitor(options, parts, { host, boot, stored, timeline, log, rules, report, ledger }),
  ]
  // Probes answer before the first record is read; a port that is taken ends the agent while nothing is open yet.
  const listeners = [options.metricsAddress, options.probeAddress].filter((one) => one !== undefined)
  const serving = await Promise.all(listeners.map((address) => serve({ address, ...report.pages })))
  const hasNvidia = accelerators.includes('nvidia')
  report.start({
    ledger,
    monitors,
    afresh: stored === undefined,
    rules: () => rules.current().matcher.rules,
    findings: () => knownFindings(rules.current().catalogue, ledger.settings, hasNvidia),
  })
  ledger.take([{ kind: 'boot', bootId: boot }])
  for (const monitor of monitors) monitor.start()

  log.info('running', { rules: rules.current().matcher.rules, port: serving[0]?.port })
  const again = async (): Promise<void> => {
    devices.look()
    if (await reload(rules, config, report)) ledger.adopt(settingsNow())
  }
  parts.onReady?.(serving[0]?.port ?? 0, () => {
    for (const monitor of monitors) monitor.glance()
    void again() // what it throws ends the process, as it does each minute
  })
  await everyMinuteUntil(signal, clock, again)

  log.info('stopping')
  for (const monitor of monitors) monitor.stop()
  await report.stop(lastWordsMs)
  await ledger.stop(lastSaveMs)
  await Promise.all(serving.map((one) => one.close()))
  api?.close()
  log.info('stopped')
}

/** One listener for the whole time: adding and removing one each minute keeps 0.2 MB of Node's sources resident. */
function everyMinuteUntil(signal: AbortSignal, clock: Clock, run: () => Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return resolve()
    let cancel = (): void => undefined
    const next = (): void => {
      cancel = clock.after(reloadMs, () => {
        run().then(() => signal.aborted || next(), reject)
      })
    }
    signal.addEventListener('abort', () => {
      cancel()
      resolve()
    })
    next()
  })
}

/** Reads rules and configuration anew; true when something new is in force. */
async function reload(rules: RuleBook, config: ConfigFile, report: AgentReport): Promise<boolean> {
  const rulesNow = await rules.reload()
  const { packs } = rules.current()
  const inForce = packs.length === 0 ? 'the shipped rules alone' : `${packs.join(', ')} before the shipped rules`
  const newRules = report.reloaded('rules', rulesNow, inForce)
  const { reasons, tables } = rules.current().catalogue
  const configNow = await config.reload({
    reasons: reasons.map((one) => one.reason),
    hasCode: (family, code) => rowOf(family === 'xid' ? tables.xids : tables.sxids, code) !== undefined,
  })
  const newConfig = report.reloaded('config', configNow, config.inForce)
  return newRules || newConfig
}

interface KernelMonitorParts {
  readonly host: Host
  readonly boot: string
  readonly stored: StoredState | undefined
  readonly timeline: Timeline
  readonly log: Log
  readonly rules: RuleBook
  readonly report: AgentReport
  readonly ledger: Ledger
}

/** The kernel log's monitor, on the device or on a file, behind the stored cursor if that is of this log. */
function kernelMonitor(
  options: AgentOptions,
  { clock, random, onWork }: AgentParts,
  parts: KernelMonitorParts,
): Monitor {
  const { host, boot, stored, timeline, log, rules, report, ledger } = parts
  const kernelLog = new KernelLog(host.path(options.kmsg), clock, stored?.cursors ?? {})
  const from = kernelLog.kind === 'file' || stored?.time.bootId === boot ? stored?.cursors[kernelLog.cursor] : undefined
  return new KernelMonitor({
    clock,
    random,
    timeline,
    log,
    cursor: () => kernelLog.cursor,
    ...(from !== undefined && { from }),
    matcher: () => rules.current().matcher,
    open: (position, skimmer) => kernelLog.open(position, skimmer),
    report: (monitor, observation) => ledger.take(inputsOf(monitor, observation), cursorsOf(observation)),
    onBatch: (batch) => {
      report.batch(batch)
      onWork?.({ records: batch.records, looked: batch.records - batch.plain, evidence: 0 })
    },
    onEvidence: (evidence, matches) => {
      report.evidence(evidence, matches)
      onWork?.({ records: 0, looked: 0, evidence: 1 })
    },
  })
}
