/** An agent on a machine and an API server that tests hold in their hands: a folder, a stepped clock, a list of calls. */
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
import type { Api, Call } from '../../src/kube/api.ts'
import { KubeError, type KubeErrorCode } from '../../src/kube/errors.ts'
import type { NodeCondition } from '../../src/model/condition.ts'
import { SteppedClock, seededRandom } from '../../src/telemetry/clock.ts'

let catalogue: CompiledCatalogue | undefined // compiled once for all tests: it never changes

/** An Event as it was written. */
export interface WrittenEvent {
  readonly name: string
  readonly type: string
  readonly reason: string
  readonly message: string
  readonly count: number
}

/** The API server: keeps what was applied, or refuses. */
export class ScriptedApi implements Api {
  readonly server = 'https://scripted'
  /** Every call that arrived, in order: `apply nodes/status worker-1`. */
  readonly calls: string[] = []
  readonly events = new Map<string, WrittenEvent>()
  conditions: readonly NodeCondition[] = []
  /** Annotations of the node. */
  annotations: Readonly<Record<string, string>> = {}
  /** What every call is refused with. */
  refusal: KubeErrorCode | undefined
  /** Whether Events are called invalid. */
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
      this.events.set(call.name ?? '', { name: call.name ?? '', ...(call.body as Omit<WrittenEvent, 'name'>) }) // our own body
    } else if (call.verb === 'patch') {
      return { metadata: {}, status: { conditions: this.conditions } } as T // as it is: the agent patches nothing
    } else {
      this.conditions = (call.body as { status: { conditions: readonly NodeCondition[] } }).status.conditions // our own body
    }
    return { metadata: { annotations: this.annotations } } as T // what an apply with metadataOnly answers
  }

  // biome-ignore lint/correctness/useYield: the agent watches nothing
  async *stream<T>(): AsyncGenerator<T> {
    throw new Error('the agent watches nothing')
  }

  close(): void {}

  condition(type: string): NodeCondition | undefined {
    return this.conditions.find((one) => one.type === type)
  }
}

/** The machine's disk: the real one, counted, until it hangs. */
class ScriptedDisk implements Disk {
  /** True: calls that begin from now on do not return before {@link recover}. */
  hangs = false
  /** Writes that have begun. */
  writes = 0
  /** Calls that will return by themselves. */
  #busy = 0
  #waiting: (() => void)[] = []

  read(path: string): Promise<string | undefined> {
    return this.#call(() => systemDisk.read(path))
  }

  replace(path: string, text: string): ReturnType<Disk['replace']> {
    this.writes++
    return this.#call(() => systemDisk.replace(path, text))
  }

  /** The disk answers again, also what it did not answer before. */
  recover(): void {
    this.hangs = false
    for (const go of this.#waiting.splice(0)) go()
  }

  /** Resolves when nothing is under way that will return: time is stepped, so it must not run ahead of the real disk. */
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

/** One machine; agents come and go on it. */
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

  /** The kernel logs a line now; facility 1 when `priority` is 12. */
  log(text: string, priority = 3): void {
    const usec = Math.round(this.#uptimeMs() * 1000)
    appendFileSync(join(this.root, 'dev/kmsg'), `${priority},${this.#sequence++},${usec},-;${text}\n`, 'latin1')
  }

  /** A new boot: the time since boot starts anew. */
  reboot(bootId: string): void {
    this.file('proc/sys/kernel/random/boot_id', `${bootId}\n`)
    this.file('proc/uptime', '100.00 0\n')
    this.#bootedAt = this.clock.monotonic() - 100_000
  }
  #bootedAt = 0

  /** Starts an agent and lets it make its first check. */
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

  /** Lets time pass, and the disk keep up. */
  async pass(ms: number): Promise<void> {
    // Shorter than any patience with the disk, so that a write that is only real is never taken for one that hangs.
    const steps = Math.max(Math.ceil(ms / 5_000), Math.min(20, Math.max(1, Math.ceil(ms / 50))))
    for (let n = 0; n < steps; n++) {
      await this.clock.advance(ms / steps)
      await this.disk.quiet()
    }
  }

  /** Ends the agent as SIGTERM would. */
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

  /** Ends everything and removes the folder. */
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

  /** Type and message of the Events that were written about `reason`, in order. */
  eventsOf(reason: string): string[] {
    return [...this.api.events.values()]
      .filter(({ message }) => message.startsWith(`${reason}:`))
      .map(({ type, message }) => `${type} ${message}`)
  }

  /** The log's lines so far. */
  logged(): readonly Readonly<Record<string, unknown>>[] {
    return this.lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  }

  #uptimeMs(): number {
    return this.clock.monotonic() - this.#bootedAt
  }
}

/** A machine that goes when the test is over. */
export function rigFor(t: TestContext): AgentRig {
  const rig = new AgentRig()
  t.after(() => rig.end())
  return rig
}

/** Real input and output, done by the thread pool, gets a moment of real time. */
function realTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 2))
}
