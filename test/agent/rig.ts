/** Runs an agent on a machine in a folder, with a scripted API server, a scripted disk and a stepped clock. */
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import type { CompiledCatalogue } from '../../src/catalog/compiled.ts'
import { compileShipped } from '../../src/catalog/shipped.ts'
import type { AgentOptions } from '../../src/cli/agent/options.ts'
import { type AgentParts, runAgent } from '../../src/cli/agent/run.ts'
import { type Disk, systemDisk } from '../../src/detect/host/disk.ts'
import type { Api, Call, ObjectMeta } from '../../src/kube/api.ts'
import { KubeError, type KubeErrorCode } from '../../src/kube/errors.ts'
import type { NodeCondition } from '../../src/model/condition.ts'
import type { NodeHealthReport } from '../../src/model/node-health.ts'
import { SteppedClock, seededRandom } from '../../src/telemetry/clock.ts'

let catalogue: CompiledCatalogue | undefined // immutable, so compiled once for all tests

/** An Event as the agent wrote it. */
export interface WrittenEvent {
  readonly name: string
  readonly type: string
  readonly reason: string
  readonly message: string
  readonly count: number
}

/** A NodeHealth as far as tests read it. */
interface NodeHealthObject {
  readonly metadata: ObjectMeta
  readonly report: NodeHealthReport
}

/** An API server that keeps what the agent applies, or refuses every call. */
export class ScriptedApi implements Api {
  readonly server = 'https://scripted'
  /** Every received call, in order: `apply nodes/status worker-1`. */
  readonly calls: string[] = []
  readonly events = new Map<string, WrittenEvent>()
  conditions: readonly NodeCondition[] = []
  /** The NodeHealth as it was applied last. */
  health: NodeHealthObject | undefined
  /** The code with which NodeHealths alone are refused. */
  noHealth: KubeErrorCode | undefined
  /** Annotations of the node. */
  annotations: Readonly<Record<string, string>> = {}
  /** The error of every call; undefined when calls succeed. */
  refusal: KubeErrorCode | undefined
  /** True: Events are rejected as invalid. */
  invalid = false

  async request<T>(call: Call): Promise<T> {
    const name = [call.verb, call.resource.plural + (call.subresource ? `/${call.subresource}` : ''), call.name].join(
      ' ',
    )
    if (call.resource.plural === 'selfsubjectaccessreviews') return { metadata: {}, status: { allowed: true } } as T
    this.calls.push(name)
    if (this.refusal) throw new KubeError(this.refusal, `${name}: refused by the test`, { call: name })
    if (call.resource.plural === 'events') {
      if (this.invalid) throw new KubeError('NM_KUBE_INVALID', `${name}: 422: refused by the test`, { call: name })
      this.events.set(call.name ?? '', { name: call.name ?? '', ...(call.body as Omit<WrittenEvent, 'name'>) }) // from the agent
    } else if (call.resource.plural === 'nodehealths') {
      if (this.noHealth) throw new KubeError(this.noHealth, `${name}: refused by the test`, { call: name })
      this.health = call.body as NodeHealthObject // from the agent
    } else if (call.verb === 'patch') {
      return { metadata: {}, status: { conditions: this.conditions } } as T // unchanged: the agent's patch is empty
    } else {
      this.conditions = (call.body as { status: { conditions: readonly NodeCondition[] } }).status.conditions // from the agent
    }
    return { metadata: { annotations: this.annotations, uid: 'uid-of-worker-1' } } as T // the answer to an apply with metadataOnly
  }

  // biome-ignore lint/correctness/useYield: the agent watches no objects
  async *stream<T>(): AsyncGenerator<T> {
    throw new Error('the agent watches no objects')
  }

  close(): void {}

  condition(type: string): NodeCondition | undefined {
    return this.conditions.find((one) => one.type === type)
  }
}

/** The real disk, with a counter of writes, that can hang. */
class ScriptedDisk implements Disk {
  /** True: new calls do not return before {@link recover}. */
  hangs = false
  /** Number of writes started. */
  writes = 0
  /** Number of pending calls that will return without {@link recover}. */
  #busy = 0
  #waiting: (() => void)[] = []

  read(path: string): Promise<string | undefined> {
    return this.#call(() => systemDisk.read(path))
  }

  replace(path: string, text: string): ReturnType<Disk['replace']> {
    this.writes++
    return this.#call(() => systemDisk.replace(path, text))
  }

  /** Ends the hang; pending calls return as well. */
  recover(): void {
    this.hangs = false
    for (const go of this.#waiting.splice(0)) go()
  }

  /** Resolves when no call is pending that will return, so that stepped time does not outrun the real disk. */
  async quiet(): Promise<void> {
    do await realTurn()
    while (this.#busy > 0)
  }

  async #call<T>(run: () => Promise<T>): Promise<T> {
    if (this.hangs) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#busy++
    return run().finally(() => {
      this.#busy--
    })
  }
}

/** One machine, on which agents can be started and stopped. */
export class AgentRig {
  readonly root = mkdtempSync(join(tmpdir(), 'nodemend-agent-'))
  readonly clock = new SteppedClock()
  readonly api = new ScriptedApi()
  readonly disk = new ScriptedDisk()
  readonly lines: string[] = []
  port = 0
  #sequence = 0
  #stop: AbortController | undefined
  #running: Promise<void> | undefined

  constructor() {
    this.file('dev/kmsg', '')
    this.reboot('boot-one-00000000')
  }

  file(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true })
    writeFileSync(join(this.root, path), text)
  }

  /** Logs a kernel line now; facility 1 when `priority` is 12. */
  log(text: string, priority = 3): void {
    const usec = Math.round(this.#uptimeMs() * 1000)
    appendFileSync(join(this.root, 'dev/kmsg'), `${priority},${this.#sequence++},${usec},-;${text}\n`, 'latin1')
  }

  /** Reboots the machine: a new boot id, and the time since boot starts again. */
  reboot(bootId: string): void {
    this.file('proc/sys/kernel/random/boot_id', `${bootId}\n`)
    this.file('proc/uptime', '100.00 0\n')
    this.#bootedAt = this.clock.monotonic() - 100_000
  }
  #bootedAt = 0

  /** Starts an agent and waits for its first check. */
  async start(options: Partial<AgentOptions> = {}, parts: Partial<AgentParts> = {}): Promise<void> {
    this.file('proc/uptime', `${(this.#uptimeMs() / 1000).toFixed(3)} 0\n`)
    catalogue ??= compileShipped(join(import.meta.dirname, '..', '..', 'catalog'))
    this.#stop = new AbortController()
    const ready = new Promise<void>((resolve, reject) => {
      this.#running = runAgent(
        {
          node: 'worker-1',
          hostRoot: this.root,
          metricsAddress: '127.0.0.1:0',
          stateFile: '/var/state.json',
          config: '/etc/config.yaml',
          kmsg: '/dev/kmsg',
          acceptUserFacility: true,
          acceptOldLines: false,
          nodeHealth: false,
          npdConditions: false,
          level: 'info',
          ...options,
        },
        {
          clock: this.clock,
          random: seededRandom(1),
          signal: this.#stop?.signal ?? AbortSignal.abort(),
          write: (line) => this.lines.push(line),
          catalogue: catalogue as CompiledCatalogue, // compiled above
          api: this.api,
          disk: this.disk,
          onReady: (port) => {
            this.port = port
            resolve()
          },
          ...parts,
        },
      )
      this.#running.catch(reject)
    })
    let begun = false
    const began = ready.finally(() => {
      begun = true
    })
    while (!begun) await this.pass(100)
    await began
    await this.pass(200)
  }

  /** Advances time in steps that let the real disk keep up. */
  async pass(ms: number): Promise<void> {
    // Steps are shorter than the agent's disk deadlines, so a slow real write does not count as hanging.
    const steps = Math.max(Math.ceil(ms / 5_000), Math.min(20, Math.max(1, Math.ceil(ms / 50))))
    for (let n = 0; n < steps; n++) {
      await this.clock.advance(ms / steps)
      await this.disk.quiet()
    }
  }

  /** Stops the agent as SIGTERM does. */
  async stop(): Promise<void> {
    let ended = this.#running === undefined
    const running = this.#running?.finally(() => {
      ended = true
    })
    this.#stop?.abort()
    while (!ended) await this.pass(100)
    await running
    this.#running = undefined
  }

  /** Stops the agent and removes the folder. */
  async end(): Promise<void> {
    await this.stop()
    rmSync(this.root, { recursive: true })
  }

  page(path: string): Promise<{ readonly status: number; readonly text: string }> {
    return new Promise((resolve, reject) => {
      const call = request({ host: '127.0.0.1', port: this.port, path, agent: false }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      })
      call.on('error', reject).end()
    })
  }

  /** Value of a metric without labels. */
  async metric(name: string): Promise<string> {
    return new RegExp(`^${name} (.*)$`, 'm').exec((await this.page('/metrics')).text)?.[1] ?? 'absent'
  }

  /** Type and message of the Events about `reason`, in order. */
  eventsOf(reason: string): string[] {
    return [...this.api.events.values()]
      .filter(({ message }) => message.startsWith(`${reason}:`))
      .map(({ type, message }) => `${type} ${message}`)
  }

  /** All log lines so far. */
  logged(): readonly Readonly<Record<string, unknown>>[] {
    return this.lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  }

  #uptimeMs(): number {
    return this.clock.monotonic() - this.#bootedAt
  }
}

/** A machine that is removed after the test. */
export function rigFor(t: TestContext): AgentRig {
  const rig = new AgentRig()
  t.after(() => rig.end())
  return rig
}

/** Waits for a moment of real time, so that the thread pool's I/O can finish. */
function realTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 2))
}
