/** The agent, put together: this file is its parts list. Runs until `signal`, then writes what is pending and ends. */
import type { CompiledCatalogue } from '../../catalog/compiled.ts'
import { assemble } from '../../detect/assemble.ts'
import { decoders } from '../../detect/decode/decoders.ts'
import { adviseReasons } from '../../detect/decode/nvidia/incident.ts'
import { rowOf } from '../../detect/decode/nvidia/text.ts'
import { findAccelerators } from '../../detect/host/accelerators.ts'
import { BlockDevices } from '../../detect/host/block-devices.ts'
import { bootClock, bootId, hostname } from '../../detect/host/boot.ts'
import { type Children, systemChildren } from '../../detect/host/children.ts'
import { type Disk, systemDisk } from '../../detect/host/disk.ts'
import { openHost } from '../../detect/host/host.ts'
import { Ledger } from '../../detect/ledger/ledger.ts'
import { createSteadyTime } from '../../detect/ledger/steady-time.ts'
import { createSettings, type Settings } from '../../detect/lifecycle/settings.ts'
import { emptyState } from '../../detect/lifecycle/state.ts'
import { createRuleBook, type RuleBook } from '../../detect/match/rule-book.ts'
import { cursorsOf, inputsOf, type MonitorSpec, type Report } from '../../detect/monitors/monitor.ts'
import { acceleratorReady } from '../../detect/report/accelerator-ready.ts'
import { AgentReport } from '../../detect/report/agent-report.ts'
import { knownFindings } from '../../detect/report/known-findings.ts'
import { agentRights } from '../../detect/report/rights.ts'
import type { Api } from '../../kube/api.ts'
import { rbacRemedy } from '../../kube/rights/right.ts'
import { watchRights } from '../../kube/rights/watch.ts'
import type { Clock, Random } from '../../telemetry/clock.ts'
import { Registry } from '../../telemetry/exposition.ts'
import { createLog } from '../../telemetry/log.ts'
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
  /** How programs of the host are run; absent: as children of this process. */
  readonly children?: Children
  /** Absent: every monitor there is. */
  readonly monitors?: readonly MonitorSpec[]
  /** Told when everything runs, with the port that is served; `glance` does at once what a quiet node does all day. */
  readonly onReady?: (port: number, glance: () => void) => void
  /** Told of the work that was done, so that memory is tidied up after much of it. */
  readonly onWork?: (work: Work) => void
}

export async function runAgent(options: AgentOptions, parts: AgentParts): Promise<void> {
  const { signal, clock, api } = parts
  const machine = await openMachine(options, parts)
  const { log, rules, config, report, devices, settingsNow, registry } = machine
  await reload(rules, config, report)
  const { ledger, assembled } = assembleAgent(machine, options, parts)
  const { monitors } = assembled
  // Probes answer before the first record is read; a port that is taken ends the agent while nothing is open yet.
  const listeners = [options.metricsAddress, options.probeAddress].filter((one) => one !== undefined)
  const serving = await Promise.all(listeners.map((address) => serve({ address, ...report.pages })))
  report.start({
    ledger,
    assembled,
    afresh: machine.stored === undefined,
    rules: () => rules.current().matchers.rules,
    findings: () => knownFindings(rules.current().catalogue, ledger.settings, machine.accelerators.includes('nvidia')),
  })
  watchRights({ api, clock, log, registry, rights: agentRights, remedy: rbacRemedy('agent'), signal })
  const take: Report = (monitor, observation) => ledger.take(inputsOf(monitor, observation), cursorsOf(observation))
  ledger.take([
    { kind: 'boot', bootId: machine.boot },
    { kind: 'monitors', monitors },
  ])
  for (const monitor of monitors) monitor.start(take)

  log.info('running', { rules: rules.current().matchers.rules, port: serving[0]?.port })
  const again = async (): Promise<void> => {
    devices.look()
    if (await reload(rules, config, report)) ledger.adopt(settingsNow())
  }
  parts.onReady?.(serving[0]?.port ?? 0, () => {
    for (const monitor of monitors) void monitor.check(take) // never rejects
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

/** What is there before anything is looked at: the machine, what an earlier agent left, rules, configuration, reports. */
async function openMachine(options: AgentOptions, { clock, random, write, catalogue, api, disk }: AgentParts) {
  const host = openHost(options.hostRoot)
  const node = options.node ?? hostname(host)
  const log = createLog({ clock, hostname: node, level: options.level, write })
  const boot = bootId(host)
  log.info('starting', { version, node, boot, server: api?.server ?? 'none' })
  const stateFile = new StateFile({ disk: disk ?? systemDisk, path: host.path(options.stateFile), clock, log })
  const stored = await stateFile.load()
  const devices = new BlockDevices(host)
  const { isDetachable } = devices
  const readRules = async () => readPacks(options.rules)
  const rules = createRuleBook({ shipped: catalogue, decoders, isDetachable, readPacks: readRules })
  const config = new ConfigFile(host, options.config)
  const accelerators = findAccelerators(host).map(({ kind }) => kind)
  const registry = new Registry()
  return {
    host,
    log,
    boot,
    stateFile,
    stored,
    time: createSteadyTime(clock, bootClock(host, clock), boot, stored?.time),
    devices,
    rules,
    config,
    accelerators,
    registry,
    report: new AgentReport({ api, node, clock, random, log, registry }),
    settingsNow: (): Settings =>
      createSettings({
        reasons: rules.current().catalogue.reasons,
        overrides: config.overrides,
        acceptUserspace: options.acceptUserFacility,
        acceptOld: options.acceptOldLines,
        acceleratorReady: acceleratorReady(accelerators),
        advise: (reasons) => adviseReasons(reasons, catalogue.tables),
      }),
  }
}

type Machine = Awaited<ReturnType<typeof openMachine>>

/** The ledger, and the monitors that fill it. */
function assembleAgent(machine: Machine, options: AgentOptions, parts: AgentParts) {
  const { host, log, boot, stored, time, rules, registry, report, stateFile } = machine
  const { clock, random, onWork } = parts
  const ledger = new Ledger({
    clock,
    time,
    log,
    settings: machine.settingsNow(),
    state: stored?.lifecycle ?? emptyState(boot, clock.now()),
    cursors: stored?.cursors ?? {},
    save: (text) => stateFile.save(text),
    onStep: (stepped, before) => report.stepped(stepped, before),
    onSaved: (outcome) => report.saved(outcome),
  })
  const assembled = assemble({
    host,
    children: parts.children ?? systemChildren(host.root, clock),
    clock,
    random,
    time,
    log,
    registry,
    settings: () => ledger.settings,
    catalogue: () => rules.current().catalogue,
    matchers: () => rules.current().matchers,
    kmsg: host.path(options.kmsg),
    cursors: stored?.cursors ?? {},
    sameBoot: stored?.time.bootId === boot,
    ...(stored === undefined && { firstStartAt: time.now() }),
    ...(parts.monitors && { monitors: parts.monitors }),
    onBatch: ({ lines, looked }) => onWork?.({ records: lines, looked, evidence: 0 }),
    onEvidence: (evidence, matches) => {
      report.evidence(evidence, matches)
      onWork?.({ records: 0, looked: 0, evidence: 1 })
    },
  })
  return { ledger, assembled }
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
    measured: reasons.filter(({ probe }) => probe !== undefined).map((one) => one.reason),
    hasCode: (family, code) => rowOf(family === 'xid' ? tables.xids : tables.sxids, code) !== undefined,
  })
  const newConfig = report.reloaded('config', configNow, config.inForce)
  return newRules || newConfig
}
