/** Everything the agent reports: node conditions, Events, metrics, probes and log, driven by the ledger's steps. */
import type { Api } from '../../kube/api.ts'
import { acknowledgedKey, readAcknowledgements } from '../../model/acknowledgement.ts'
import { type ConditionType, conditionTypes, type NodeCondition } from '../../model/condition.ts'
import type { LogEvidence } from '../../model/evidence.ts'
import type { Match, Severity } from '../../model/finding.ts'
import { type Clock, type Random, sleep } from '../../telemetry/clock.ts'
import type { MetricsFormat, Registry } from '../../telemetry/exposition.ts'
import type { Log } from '../../telemetry/log.ts'
import type { Probe } from '../../telemetry/serve.ts'
import { version } from '../../telemetry/version.ts'
import type { ReplaceOutcome } from '../host/disk.ts'
import type { Host } from '../host/host.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { ConditionState, Finding, LifecycleState } from '../lifecycle/state.ts'
import type { Stepped } from '../lifecycle/step.ts'
import { EventWriter } from './event-writer.ts'
import { FindingLog } from './finding-log.ts'
import { nodeReport } from './health/node-report.ts'
import { HealthWriter } from './health/writer.ts'
import { type AgentMetrics, createMetrics } from './metrics.ts'
import { nodeConditions } from './node-status.ts'
import type { NpdConditions } from './npd-conditions.ts'
import { refreshMetrics } from './refresh-metrics.ts'
import type { Reported } from './reported.ts'
import { StatusWriter } from './status-writer.ts'

/** A report waits at most this long for its state to be saved, so a disk that hangs does not delay it. */
const saveDeadlineMs = 50

export interface AgentReportOptions {
  readonly api: Api | undefined
  readonly node: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** The registry of all metrics of the process. */
  readonly registry: Registry
  /** The machine, for the NodeHealth; absent: none is written. */
  readonly host?: Host
  /** Conditions of the node problem detector, written beside ours; absent: none. */
  readonly npd?: NpdConditions
}

type ReloadOutcome =
  | 'unchanged'
  | { readonly outcome: string; readonly problems?: readonly string[]; readonly doubts?: readonly string[] }

export class AgentReport {
  readonly #options: AgentReportOptions
  readonly #metrics: AgentMetrics
  readonly #findingLog: FindingLog
  #reported: Reported | undefined
  #status: StatusWriter | undefined
  #events: EventWriter | undefined
  #health: HealthWriter | undefined
  /** True once every monitor of this process has looked or failed to look. */
  #checked = false
  /** Required monitors that have looked once. */
  readonly #looked = new Set<string>()
  /** The unreadable annotation that has already been logged. */
  #misread = ''
  /** True once a report has reached the cluster since the start. */
  #arrived = false
  /** Result of the newest report: `ok`, or an error's code. */
  #answered = 'no attempt yet'

  constructor(options: AgentReportOptions) {
    this.#options = options
    this.#findingLog = new FindingLog(options.clock, options.log)
    this.#metrics = createMetrics(options.registry, () => this.#reported?.findings() ?? [])
    this.#metrics.buildInfo.set(1, { version, runtime: process.version })
    this.#metrics.nodeInfo.set(1, { node: options.node })
  }

  /** The texts of the HTTP endpoints. */
  readonly pages = {
    metrics: (format: MetricsFormat): string => this.#render(format),
    healthz: (): Probe => this.#liveness(),
    readyz: (): Probe => this.#readiness(),
  }

  /** Starts reporting the ledger. The first step with a change triggers the first write. */
  start(reported: Reported): void {
    this.#reported = reported
    const { api, node, clock, random, log, host } = this.#options
    this.#logResumed(reported.ledger.state)
    if (!api) {
      log.warn('no cluster connection: only metrics and log are available', {
        remedy: 'run as a pod with a service account, or give --kubeconfig',
      })
      return
    }
    this.#metrics.reported.set(0)
    const { ledger } = reported
    const shared = { api, node, clock, random, log }
    this.#status = new StatusWriter({
      ...shared,
      conditions: () => this.#conditions(ledger),
      ready: () => this.#soonSaved(ledger),
      ...(reported.afresh && {
        onRecalled: (conditions: readonly NodeCondition[]) => ledger.take([{ kind: 'recalled', conditions }]),
      }),
      onAnswer: ({ annotations, uid }) => {
        this.#acknowledged(annotations?.[acknowledgedKey] ?? '[]', ledger)
        this.#health?.owner(uid)
      },
      onWrite: (code) => {
        this.#metrics.apiWrites.add({ verb: 'apply', resource: 'nodes/status', code })
        this.#answered = code
        if (code !== 'ok') return
        this.#arrived = true
        this.#metrics.reported.set(clock.now() / 1000)
      },
    })
    this.#events = new EventWriter({
      ...shared,
      notices: () => ledger.state.notices,
      onWritten: (notice) => ledger.take([{ kind: 'written', notices: new Map([[notice.id, notice]]) }]),
      onWrite: (code) => this.#metrics.apiWrites.add({ verb: 'apply', resource: 'events', code }),
      onGivenUp: ({ severity }) => this.#metrics.givenUp.add({ severity }),
    })
    if (!host) return
    this.#health = new HealthWriter({
      ...shared,
      report: nodeReport(host, clock, reported),
      onWrite: (code) => this.#metrics.apiWrites.add({ verb: 'apply', resource: 'nodehealths', code }),
    })
  }

  #conditions({ state, settings }: Ledger): readonly NodeCondition[] {
    const { clock, npd } = this.#options
    return [...nodeConditions(state, clock.now()), ...(npd?.conditions(state, settings, clock.now()) ?? [])]
  }

  /** Takes acknowledgements from the answer to each report, which needs no further call or watch. */
  #acknowledged(text: string, ledger: Ledger): void {
    const read = readAcknowledgements(text)
    if (!('trouble' in read)) {
      this.#misread = ''
      ledger.take([{ kind: 'acknowledged', acknowledgements: read }])
      return
    }
    if (this.#misread === text) return
    this.#misread = text
    const remedy = `write it with: nodemend acknowledge ${this.#options.node} REASON --why TEXT`
    this.#options.log.warn(`the annotation ${acknowledgedKey} cannot be read`, { error: read.trouble, remedy })
  }

  /** Without this line, the log of an agent restarted on a sick node looks healthy. */
  #logResumed({ findings, conditions }: LifecycleState): void {
    const active = [...findings.values()].filter(({ raisedAt }) => raisedAt !== undefined)
    if (active.length === 0) return
    const unhealthy = conditionTypes.filter((type) => conditions[type].status === 'False')
    this.#options.log.warn('resumed with findings', { active: active.length, unhealthy })
  }

  async stop(ms: number): Promise<void> {
    await Promise.all([this.#status?.stop(ms), this.#events?.stop(ms), this.#health?.stop()])
  }

  stepped({ raised, ended, changed, state }: Stepped, before: LifecycleState): void {
    const severityOf = (finding: Finding): Severity =>
      this.#reported?.ledger.settings.severityOf(finding.leader, finding) ?? 'info'
    for (const finding of raised) {
      this.#metrics.findings.add({ severity: severityOf(finding), reason: finding.leader.reason })
      this.#findingLog.raised(finding, severityOf(finding))
    }
    for (const one of ended) this.#findingLog.ended(one, severityOf(one.finding))
    for (const type of changed) this.#logChange(type, state.conditions[type], before.conditions[type])
    const firstCheck = !this.#checked && hasChecked(state)
    if (firstCheck) this.#checked = true
    // Until every monitor has looked, only a fault is reported, because the node may still carry the conditions of an
    // earlier process.
    const fault = changed.some((type) => state.conditions[type].status === 'False')
    const derived = this.#options.npd !== undefined && raised.length + ended.length > 0
    if (firstCheck || fault || (this.#checked && (changed.length > 0 || derived))) this.#status?.changed()
    this.#events?.changed()
    const news = raised.length > 0 || ended.length > 0 || changed.length > 0
    if (news || hasTurned(state, before)) this.#health?.changed()
  }

  saved(outcome: ReplaceOutcome): void {
    const code = outcome.written ? 'ok' : ((outcome.trouble as NodeJS.ErrnoException).code ?? 'unknown')
    this.#metrics.stateWrites.add({ code })
  }

  evidence(evidence: LogEvidence, matches: readonly Match[]): void {
    this.#metrics.lines.add({ source: evidence.source, trust: evidence.trust })
    this.#options.log.debug('evidence', {
      source: evidence.source,
      text: evidence.text,
      reasons: matches.map(({ reason }) => reason),
    })
  }

  /**
   * Logs and counts the result of a reload of rules or configuration; returns true when something new is in force.
   * `inForce` describes what is in force, which after a refusal at the start is not an older file.
   */
  reloaded(kind: 'rules' | 'config', outcome: ReloadOutcome, inForce: string): boolean {
    if (outcome === 'unchanged') return false
    const { problems, doubts = [] } = outcome
    if (problems) {
      this.#metrics.configErrors.add({ kind })
      this.#metrics.configRefused.set(1, { kind })
      this.#options.log.error(`${kind} refused`, { inForce, problems })
      return false
    }
    if (outcome.outcome !== 'loaded') return false
    this.#metrics.configRefused.set(0, { kind })
    this.#options.log.info(`${kind} loaded`, { inForce })
    if (doubts.length > 0) this.#options.log.warn(`${kind} names unknown codes`, { doubts })
    return true
  }

  #logChange(type: ConditionType, now: ConditionState, before: ConditionState): void {
    const { status, reason, message } = now
    const write = status === 'True' ? this.#options.log.info : this.#options.log.warn
    write('condition changed', { conditionType: type, status, before: before.status, reason, message })
  }

  /** Waits until the state is saved, at most until the deadline, so a disk that hangs delays no report. */
  async #soonSaved(ledger: Ledger): Promise<void> {
    const enough = new AbortController()
    await Promise.race([
      ledger.saved(),
      sleep(this.#options.clock, saveDeadlineMs, enough.signal).catch(() => undefined),
    ])
    enough.abort()
  }

  #render(format: MetricsFormat): string {
    if (this.#reported) refreshMetrics(this.#metrics, this.#reported)
    this.#metrics.blocked.set((this.#status?.blockedMs ?? 0) / 1000, { resource: 'nodes/status' })
    this.#metrics.blocked.set((this.#events?.blockedMs ?? 0) / 1000, { resource: 'events' })
    return this.#options.registry.render(format)
  }

  #liveness(): Probe {
    const late = this.#reported?.assembled.isLate() ?? false
    return late ? { ok: false, text: 'the process does not run its timers' } : { ok: true, text: 'ok' }
  }

  /**
   * The pod is ready when every required monitor has looked once. A later failure is a finding and does not change
   * readiness.
   */
  #readiness(): Probe {
    const { monitors = [], required = [] } = this.#reported?.assembled ?? {}
    for (const { name, state } of monitors.filter((one) => required.includes(one.name))) {
      if (state === 'checked') this.#looked.add(name)
    }
    const missing = required.filter((name) => !this.#looked.has(name))
    if (!this.#reported || missing.length > 0) {
      return { ok: false, text: `no first check yet: ${missing.join(', ') || 'every monitor'}` }
    }
    // One report is enough: readiness does not cure a later outage, but a rollout with a wrong token, CA or address
    // must not look ready.
    if (this.#options.api === undefined || this.#arrived) return { ok: true, text: 'ok' }
    return { ok: false, text: `no report has reached ${this.#options.api.server} yet: ${this.#answered}` }
  }
}

/** Whether a monitor looks again, or does not any more. */
function hasTurned(now: LifecycleState, before: LifecycleState): boolean {
  return [...now.watchers].some(([name, { watch }]) => before.watchers.get(name)?.watch !== watch)
}

function hasChecked({ watchers }: LifecycleState): boolean {
  return watchers.size > 0 && [...watchers.values()].every(({ watch }) => watch.state !== 'pending')
}
