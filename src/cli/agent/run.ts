/** Assembles and runs the agent until `signal`, then writes pending changes and ends. */
import type { CompiledCatalogue } from '../../catalog/compiled.ts'
import { assemble } from '../../detect/assemble.ts'
import { decoders } from '../../detect/decode/decoders.ts'
import { adviseReasons } from '../../detect/decode/nvidia/incident.ts'
import { findAccelerators } from '../../detect/host/accelerators.ts'
import { BlockDevices } from '../../detect/host/block-devices.ts'
import { bootClock, bootId, hostname } from '../../detect/host/boot.ts'
import { type Children, systemChildren } from '../../detect/host/children.ts'
import { type Disk, systemDisk } from '../../detect/host/disk.ts'
import { openHost } from '../../detect/host/host.ts'
import { knownNames } from '../../detect/known-names.ts'
import { Ledger } from '../../detect/ledger/ledger.ts'
import { createSteadyTime, type SteadyTime, type StoredTime } from '../../detect/ledger/steady-time.ts'
import { createSettings, type Settings } from '../../detect/lifecycle/settings.ts'
import { emptyState } from '../../detect/lifecycle/state.ts'
import { createRuleBook, type RuleBook } from '../../detect/match/rule-book.ts'
import {
  basesOf,
  cursorsOf,
  inputsOf,
  type Monitor,
  type MonitorSpec,
  type Report,
} from '../../detect/monitors/monitor.ts'
import { acceleratorReady } from '../../detect/report/accelerator-ready.ts'
import { AgentReport } from '../../detect/report/agent-report.ts'
import { knownFindings } from '../../detect/report/known-findings.ts'
import { NpdConditions } from '../../detect/report/npd-conditions.ts'
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

/** Interval at which configuration, rule packs and plugged-in devices are checked. */
const reloadMs = 60_000
/**
 * Deadline of the shutdown. kubelet grants 30 s, but an upgrade must not wait for an API server or disk that does not
 * answer.
 */
const shutdownDeadlineMs = 3_000
const lastSaveMs = 3_000

/** Where the state file keeps the times of the node problem detector's conditions; they outlive a boot. */
const npdBase = 'npd conditions'

export interface AgentParts {
  readonly clock: Clock
  readonly random: Random
  readonly signal: AbortSignal
  /** Receives complete log lines. */
  readonly write: (line: string) => void
  readonly catalogue: CompiledCatalogue
  /** Absent: detects and serves metrics, without reporting to a cluster. */
  readonly api: Api | undefined
  /** Disk of the state file; absent: the machine's. */
  readonly disk?: Disk
  /** How host programs are run; absent: as children of this process. */
  readonly children?: Children
  /** The program that asks NVML; absent: NVIDIA's driver is not asked. */
  readonly nvmlProgram?: string
  /** Absent: all monitors. */
  readonly monitors?: readonly MonitorSpec[]
  /** Called with the served port when everything runs; `checkOnce` runs once what a quiet node runs periodically. */
  readonly onReady?: (port: number, checkOnce: () => void) => void
  /** Called with the work done, so that memory is returned after a lot of it. */
  readonly onWork?: (work: Work) => void
}

export async function runAgent(options: AgentOptions, parts: AgentParts): Promise<void> {
  const { signal, clock, api } = parts
  const machine = await openMachine(options, parts)
  const { log, rules, config, report, devices, settingsNow, registry } = machine
  await reload(rules, config, report)
  const { ledger, assembled } = assembleAgent(machine, options, parts)
  const { monitors } = assembled
  // Serves probes before the first record is read; if the port is in use, the agent ends before anything else is open.
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
  if (options.emf !== undefined) {
    const { writeEmf } = await import('../../detect/report/emf.ts')
    const { host, node } = machine
    writeEmf({ cluster: options.emf, node, host, metrics: () => report.pages.metrics('text'), ...parts })
  }
  const take: Report = (monitor, observation) => ledger.take(inputsOf(monitor, observation), cursorsOf(observation))
  ledger.take([
    { kind: 'boot', bootId: machine.boot },
    { kind: 'monitors', monitors },
  ])
  for (const monitor of monitors) monitor.start(take)

  log.info('running', { rules: rules.current().matchers.rules, port: serving[0]?.port })
  const again = async (): Promise<void> => {
    try {
      devices.look()
      if (await reload(rules, config, report)) ledger.adopt(settingsNow())
    } catch (error) {
      log.error('configuration and rules were not read again; trying in a minute', { error: (error as Error).message })
    }
  }
  parts.onReady?.(serving[0]?.port ?? 0, () => {
    for (const monitor of monitors) void monitor.check(take) // never rejects
    void again() // never rejects
  })
  await everyMinuteUntil(signal, clock, again)

  log.info('stopping')
  for (const monitor of monitors) monitor.stop()
  await report.stop(shutdownDeadlineMs)
  await ledger.stop(lastSaveMs)
  await Promise.all(serving.map((one) => one.close()))
  api?.close()
  log.info('stopped')
}

/** Opens what exists before detection starts: the machine, the stored state, rules, configuration, reports. */
async function openMachine(options: AgentOptions, { clock, random, write, catalogue, api, disk }: AgentParts) {
  const host = openHost(options.hostRoot)
  const node = options.node ?? hostname(host)
  const log = createLog({ clock, hostname: node, level: options.level, write })
  const boot = bootId(host)
  log.info('starting', { version, node, boot, server: api?.server ?? 'none' })
  const stateFile = new StateFile({ disk: disk ?? systemDisk, path: host.path(options.stateFile), clock, log })
  const stored = await stateFile.load()
  const time = createSteadyTime(clock, bootClock(host, clock), boot, stored?.time)
  const devices = new BlockDevices(host)
  const { isDetachable } = devices
  const readRules = async () => readPacks(options.rules)
  const rules = createRuleBook({ shipped: catalogue, decoders, isDetachable, readPacks: readRules })
  const config = new ConfigFile(host, options.config)
  const accelerators = findAccelerators(host).map(({ kind }) => kind)
  const registry = new Registry()
  const npd = options.npdConditions ? new NpdConditions(stored?.bases[npdBase]) : undefined
  return {
    host,
    node,
    log,
    boot,
    stateFile,
    stored,
    time,
    firstStart: firstStartIn(boot, time, stored?.time),
    devices,
    rules,
    config,
    accelerators,
    registry,
    report: new AgentReport({
      ...{ api, node, clock, random, log, registry },
      ...(options.nodeHealth && { host }),
      ...(npd && { npd }),
    }),
    npd,
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

/** When the agent first ran on this node, if that was in this boot: older lines may be about faults that are gone. */
function firstStartIn(boot: string, time: SteadyTime, stored: StoredTime | undefined): { firstStartAt?: number } {
  if (stored === undefined) return { firstStartAt: time.now() }
  const { bootId, firstStartAt } = stored
  return bootId === boot && firstStartAt !== undefined ? { firstStartAt } : {}
}

type Machine = Awaited<ReturnType<typeof openMachine>>

/** Creates the ledger and the monitors that feed it. */
function assembleAgent(machine: Machine, options: AgentOptions, parts: AgentParts) {
  const { host, log, boot, stored, time, rules, registry, report, stateFile } = machine
  const { clock, random, onWork } = parts
  const bases = stored?.time.bootId === boot ? stored.bases : {}
  let monitors: readonly Monitor[] | undefined
  const ledger = new Ledger({
    clock,
    time,
    log,
    settings: machine.settingsNow(),
    state: stored?.lifecycle ?? emptyState(boot, clock.now()),
    cursors: stored?.cursors ?? {},
    bases: () => ({
      ...(monitors === undefined ? bases : basesOf(monitors)),
      ...(machine.npd && { [npdBase]: machine.npd.base }),
    }),
    ...machine.firstStart,
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
    bases,
    ...machine.firstStart,
    ...(parts.nvmlProgram !== undefined && { nvmlProgram: parts.nvmlProgram }),
    ...(parts.monitors && { monitors: parts.monitors }),
    onBatch: ({ lines, handedOver }) => onWork?.({ records: lines, handedOver, evidence: 0 }),
    onEvidence: (evidence, matches) => {
      report.evidence(evidence, matches)
      onWork?.({ records: 0, handedOver: 0, evidence: 1 })
    },
  })
  monitors = assembled.monitors
  return { ledger, assembled }
}

/** Keeps one abort listener, because adding and removing one each minute keeps 0.2 MB of Node's sources loaded. */
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

/** Reads rules and configuration again; returns true when either changed. */
async function reload(rules: RuleBook, config: ConfigFile, report: AgentReport): Promise<boolean> {
  const rulesNow = await rules.reload()
  const { packs } = rules.current()
  const inForce = packs.length === 0 ? 'the shipped rules alone' : `${packs.join(', ')} before the shipped rules`
  const newRules = report.reloaded('rules', rulesNow, inForce)
  const configNow = await config.reload(knownNames(rules.current().catalogue))
  const newConfig = report.reloaded('config', configNow, config.inForce)
  return newRules || newConfig
}
