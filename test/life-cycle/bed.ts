/**
 * The whole agent on a machine that consists of scripts: logs whose lines the test writes, and probes whose values the
 * test sets. Everything between is what ships: drivers, matchers, life cycle, state file, reports.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CompiledCatalogue } from '../../src/catalog/compiled.ts'
import { runAgent } from '../../src/cli/agent/run.ts'
import { allMonitors } from '../../src/detect/assemble.ts'
import type { Disk, ReplaceOutcome } from '../../src/detect/host/disk.ts'
import { ScriptedChildren } from '../../src/detect/host/testing/scripted-children.ts'
import { parseState } from '../../src/detect/ledger/state-file.ts'
import type { Finding } from '../../src/detect/lifecycle/state.ts'
import { logMonitor } from '../../src/detect/monitors/log.ts'
import type { MonitorParts, MonitorSpec } from '../../src/detect/monitors/monitor.ts'
import { probeMonitor } from '../../src/detect/monitors/probe.ts'
import type { LogSink, LogSource } from '../../src/detect/sources/log-source.ts'
import type { Call } from '../../src/kube/api.ts'
import { type ConditionType, conditionTypes } from '../../src/model/condition.ts'
import type { LogName } from '../../src/model/evidence.ts'
import { SteppedClock, seededRandom } from '../../src/telemetry/clock.ts'
import { ScriptedApi } from '../agent/rig.ts'

/** One line of a scripted log, with the units or the path that its log attests. */
interface Line {
  readonly text: string
  readonly origins: readonly string[]
  readonly at: number
}

/** What a scripted probe measures now. */
interface Measure {
  readonly value: string
  readonly amount: number
  readonly parts: Readonly<Record<string, string>>
}

/** Remembers which status each condition was reported with, without repetitions. */
class WatchedApi extends ScriptedApi {
  readonly statuses = new Map<string, string[]>()

  override async request<T>(call: Call): Promise<T> {
    const answer = await super.request<T>(call)
    for (const { type, status } of this.conditions) {
      const seen = this.statuses.get(type) ?? []
      if (seen.at(-1) !== status) this.statuses.set(type, [...seen, status])
    }
    return answer
  }
}

class MemoryDisk implements Disk {
  text: string | undefined
  full = false

  read(): Promise<string | undefined> {
    return Promise.resolve(this.text)
  }

  replace(_path: string, text: string): Promise<ReplaceOutcome> {
    if (this.full) return Promise.resolve({ written: false, trouble: new Error('ENOSPC: no space left on device') })
    this.text = text
    return Promise.resolve({ written: true })
  }
}

/** A log that hands over the lines after its cursor, as a process that starts again finds them. A boot empties kmsg alone. */
class WrittenLog implements LogSource {
  readonly alive = true
  readonly losses
  readonly flood
  #sink: LogSink | undefined
  #read: number

  readonly name: LogName
  readonly #lines: readonly Line[]

  constructor(name: LogName, lines: readonly Line[], parts: MonitorParts) {
    this.name = name
    this.#lines = lines
    this.losses = { reason: 'KernelLogOverrun', message: (lost: number) => `${lost} records were lost` }
    this.flood = {
      reason: 'KernelLogFlood',
      linesPerSecond: 1_000,
      message: (rate: number) => `${rate} lines a second`,
    }
    this.#read = parts.sameBoot || name !== 'kmsg' ? Number(parts.cursors[name] ?? 0) : 0
  }

  start(sink: LogSink): void {
    this.#sink = sink
    this.turn()
  }

  check(sink: LogSink): Promise<void> {
    this.#sink = sink
    this.turn()
    return Promise.resolve()
  }

  stop(): void {
    this.#sink = undefined
  }

  turn(lost = 0, unmatched = 0): void {
    const sink = this.#sink
    const fresh = this.#lines.slice(this.#read)
    if (!sink) return
    for (const { text, origins, at } of fresh) {
      const bytes = Buffer.from(text)
      const trust = this.name === 'journal' ? 'service' : 'kernel'
      const own = { trust, origins, position: this.#read++, at: () => at } as const
      sink.line({ bytes, start: 0, end: bytes.length, ...own })
    }
    const cursor = { source: this.name, position: this.#read }
    sink.batch({ cursor, atEnd: true, lost, lines: fresh.length + unmatched, handedOver: fresh.length })
  }

  break(why: string): void {
    this.#sink?.broke(why)
  }
}

/** How long the agent runs at the end of a long wait. */
const awakeMs = 5 * 60_000

export class Bed {
  readonly clock = new SteppedClock()
  readonly api = new WatchedApi()
  readonly disk = new MemoryDisk()
  readonly root = mkdtempSync(join(tmpdir(), 'nodemend-life-'))
  readonly #catalogue: CompiledCatalogue
  readonly #monitor: string | undefined
  readonly #lines: Record<LogName, Line[]> = { kmsg: [], journal: [], logfile: [], pstore: [] }
  readonly #logs = new Map<LogName, WrittenLog>()
  #measure: Measure | undefined
  /** Why the probe cannot look; undefined while it can. */
  failure: string | undefined
  #bootedAt = 0
  #boots = 0
  #stop = new AbortController()
  #running: Promise<void> | undefined

  constructor(catalogue: CompiledCatalogue, monitor: string | undefined) {
    this.#catalogue = catalogue
    this.#monitor = monitor
    this.reboot()
  }

  /** The machine boots anew: the kernel log is empty, the journal stays. */
  reboot(): void {
    this.#bootedAt = this.clock.monotonic()
    this.#lines.kmsg = []
    mkdirSync(join(this.root, 'proc/sys/kernel/random'), { recursive: true })
    writeFileSync(join(this.root, 'proc/sys/kernel/random/boot_id'), `boot-${this.#boots++}\n`)
  }

  async start(): Promise<void> {
    const uptime = (this.clock.monotonic() - this.#bootedAt) / 1000
    writeFileSync(join(this.root, 'proc/uptime'), `${uptime.toFixed(3)} 0\n`)
    this.#stop = new AbortController()
    let ready = false
    const options = {
      node: 'worker-1',
      hostRoot: this.root,
      metricsAddress: '127.0.0.1:0',
      stateFile: '/state.json',
      config: '/config.yaml',
      kmsg: '/dev/kmsg',
      acceptUserFacility: true,
      acceptOldLines: false,
      nodeHealth: false,
      npdConditions: false,
      level: 'warn',
    } as const
    this.#running = runAgent(options, {
      clock: this.clock,
      random: seededRandom(1),
      signal: this.#stop.signal,
      write: () => undefined,
      catalogue: this.#catalogue,
      api: this.api,
      disk: this.disk,
      children: new ScriptedChildren(),
      monitors: this.#specs(),
      onReady: () => {
        ready = true
      },
    })
    while (!ready) await this.clock.advance(1)
    await this.clock.advance(100)
  }

  async stop(): Promise<void> {
    let ended = false
    this.#stop.abort()
    const running = this.#running?.finally(() => {
      ended = true
    })
    while (!ended) await this.clock.advance(1)
    await running
  }

  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  /** Lets time pass. Of a long time the agent misses most: nothing may depend on its having run. */
  async pass(ms: number): Promise<void> {
    const alone = ms - awakeMs
    if (alone > awakeMs) {
      await this.stop()
      await this.clock.advance(alone)
      await this.start()
    }
    await this.clock.advance(alone > awakeMs ? awakeMs : Math.max(0, ms))
  }

  end(): void {
    rmSync(this.root, { recursive: true })
  }

  write(log: LogName, text: string, origins: readonly string[] = []): void {
    this.#lines[log].push({ text, origins, at: this.clock.now() })
    this.#logs.get(log)?.turn()
  }

  /** The kernel log overran: so many records are gone. */
  lose(count: number): void {
    this.#logs.get('kmsg')?.turn(count)
  }

  /** The kernel writes so many lines that no rule matches. */
  flood(count: number): void {
    this.#logs.get('kmsg')?.turn(0, count)
  }

  /** What the probe measures from its next look on; undefined: nothing. */
  measure(measure: Measure | undefined): void {
    this.#measure = measure
  }

  /** The raised findings of an entry, as the state file has them. */
  raised(entry: string): readonly Finding[] {
    const stored = parseState(this.disk.text ?? '')
    if ('trouble' in stored) throw new Error(stored.trouble)
    return [...stored.lifecycle.findings.values()].filter(
      ({ leader, raisedAt }) => leader.entry === entry && raisedAt !== undefined,
    )
  }

  statusesOf(type: ConditionType): readonly string[] {
    return this.api.statuses.get(type) ?? []
  }

  #specs(): readonly MonitorSpec[] {
    const probes = allMonitors.filter(({ name }) => name === this.#monitor).map((spec) => this.#scripted(spec))
    return [...allMonitors.flatMap(({ name, log }) => (log ? [this.#written(name, log)] : [])), ...probes]
  }

  #written(name: string, log: LogName): MonitorSpec {
    const source = (parts: MonitorParts): LogSource => {
      const written = new WrittenLog(log, this.#lines[log], parts)
      this.#logs.set(log, written)
      return written
    }
    return logMonitor({ name, conditions: conditionTypes, required: true, log, source })
  }

  /** The probe's name, conditions, period and values, with what the test sets in place of a look. */
  #scripted({ name, conditions, everyMs = 0, values = {} }: MonitorSpec): MonitorSpec {
    const [first, ...others] = conditions
    if (first === undefined) throw new TypeError(`${name} speaks for no condition`)
    return probeMonitor<readonly Measure[], string>({
      name,
      conditions: [first, ...others],
      everyMs,
      values,
      look: () =>
        this.failure === undefined ? { sample: this.#measure ? [this.#measure] : [] } : { failed: this.failure },
      judge: (sample) => sample.map((one) => ({ ...one, device: 'dev0' })),
    })
  }
}
