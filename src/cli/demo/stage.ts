/** The demo's stage: cluster, controller, and the agent that speaks for one of the modelled nodes; one fault at a time. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type FaultHistory, isProven, startHistory } from '../../drill/fault-history.ts'
import { chooseInjectionLog, type InjectionLog, inject } from '../../drill/inject.ts'
import { type Api, type KubeObject, nodes } from '../../kube/api.ts'
import { connectTo } from '../../kube/connect.ts'
import { listObjects } from '../../kube/objects.ts'
import type { NodeCondition } from '../../model/condition.ts'
import { sleep } from '../../telemetry/clock.ts'
import { CommandError, type Io } from '../io.ts'
import { stateAtEndOf } from './agent-state.ts'
import { furnish, startDemoCluster } from './cluster.ts'
import { type DemoFault, drawFault } from './fault.ts'
import { Follower } from './follow.ts'
import { freePort } from './free-port.ts'
import { asideLine, findingLine, guide, handover, opening, stageLine } from './print.ts'
import { type LogLine, type Program, startProgram } from './program.ts'
import { wrap } from './wrap.ts'

/** The whole way takes about ten seconds; a machine under load gets more. */
const startPatienceMs = 60_000
const proofPatienceMs = 90_000
/** A stage that was not seen although the proof was: lines of the agent's log may come this much later. */
const lateLogMs = 5_000
/** So often the demo begins again, because a fault that is not its own came first. */
const mostStarts = 5
const pollMs = 100

export interface StageOptions {
  readonly io: Io
  /** A folder of our own, removed by the caller. */
  readonly folder: string
  readonly say: (text: string) => void
  /** The kernel log to use where it may be read and written. */
  readonly kmsg: string
}

interface NodeObject extends KubeObject {
  readonly status?: { readonly conditions?: readonly NodeCondition[] }
}

export class Stage {
  readonly #options: StageOptions
  readonly #kernelLog: InjectionLog
  readonly #follower: Follower
  readonly #fault: DemoFault
  readonly #over = new AbortController()
  /** What has to be ended, in the order of its start. */
  readonly #ends: (() => Promise<unknown>)[] = []
  readonly #kubeconfig: string
  #api: Api | undefined
  #agent: Program | undefined
  #node = ''
  #agentPort = 0
  #rounds = 0

  constructor(options: StageOptions) {
    const { io, folder, kmsg, say } = options
    this.#options = options
    this.#kernelLog = chooseInjectionLog(kmsg, join(folder, 'kmsg'))
    this.#kubeconfig = join(folder, 'kubeconfig')
    this.#fault = drawFault(io.random)
    this.#follower = new Follower(io, {
      onEntry: (entry, history) => say(stageLine(entry, history, io)),
      onAside: (kind, text, history) => say(asideLine(kind, text, history, io)),
      onFinding: (line) => say(findingLine(line)),
    })
    io.signal.addEventListener('abort', () => this.#over.abort(io.signal.reason), { once: true })
  }

  /** Starts everything and resolves when the agent has reported for the first time. */
  async build(): Promise<void> {
    const { io, say } = this.#options
    const log = this.#kernelLog
    say(opening(log, io))
    const cluster = await startDemoCluster(io)
    this.#ends.push(() => cluster.stop())
    writeFileSync(this.#kubeconfig, cluster.server.kubeconfig(), { mode: 0o600 })
    const api = connectTo({ server: cluster.server.url, token: () => cluster.server.token }, io)
    this.#api = api
    this.#ends.push(async () => api.close())
    await furnish(api)
    await this.#waitFor('modelled nodes', async () => (await this.#healthyNode()) !== undefined)
    const controllerPort = await this.#startController()
    this.#agentPort = await freePort()
    await this.#castNode()
    const watching = this.#follower.watch(api, this.#over.signal)
    this.#ends.push(() => watching)
    say(
      guide({
        kubeconfig: this.#kubeconfig,
        node: this.#node,
        agentPort: this.#agentPort,
        controllerPort,
        injectByHand: byHand(log, drawFault(io.random)),
      }),
    )
  }

  /**
   * Injects the fault and follows it to its end, one way or the other: with `patience`, the first repair's, otherwise as
   * long as somebody holds it up.
   */
  playInjected(patience: 'once' | 'with people'): Promise<FaultHistory> {
    const { clock } = this.#options.io
    const { condition, line, device } = this.#fault
    this.#follower.begin(startHistory(this.#node, condition, line, clock.now(), device))
    inject(this.#kernelLog, line, 1, Math.round(clock.monotonic() * 1000))
    return this.#untilEnd(patience)
  }

  /** Lets the agent speak for the replacement, waits for a fault that somebody injects by hand, and follows it. */
  async playByHand(): Promise<void> {
    const { say, io } = this.#options
    const ended = this.#follower.history
    if (ended && isProven(ended)) {
      const before = this.#node
      await this.#castNode()
      say(handover(before, this.#node, io))
    }
    this.#follower.await(this.#node)
    await this.#until(() => this.#follower.history !== undefined)
    await this.#untilEnd('with people')
  }

  /** Ends everything, the last first. */
  async strike(): Promise<void> {
    this.#over.abort()
    await this.#agent?.stop()
    for (const end of this.#ends.reverse()) await end()
  }

  async #untilEnd(patience: 'once' | 'with people'): Promise<FaultHistory> {
    const { clock } = this.#options.io
    let deadline = clock.monotonic() + proofPatienceMs
    for (;;) {
      const history = this.#follower.history
      if (!history) throw new TypeError('the demo waits for a proof before anything was injected')
      const isHeldUp = history.failed !== undefined || history.waiting !== undefined
      if (isHeldUp && patience === 'with people') deadline = clock.monotonic() + proofPatienceMs
      else if (history.failed !== undefined) return history
      if (isProven(history) || clock.monotonic() > deadline) return history
      const isOver = history.entries.at(-1)?.stage === 'proof'
      if (isOver) deadline = Math.min(deadline, clock.monotonic() + lateLogMs)
      await sleep(clock, pollMs, this.#over.signal)
    }
  }

  async #startController(): Promise<number> {
    const port = await freePort()
    let leads = false
    const args = [`--metrics-address=127.0.0.1:${port}`, '--interval=500ms', '--settle=0s', '--providers=embedded']
    const program = this.#start('controller', args, (line) => {
      if (line.msg === 'leading') leads = true
    })
    this.#ends.push(() => program.stop())
    await this.#waitFor('the controller’s leadership', async () => leads)
    return port
  }

  /** Chooses a node and starts its agent; another node, where a fault that is not the demo's own was reported first. */
  async #castNode(): Promise<void> {
    for (let start = 1; start <= mostStarts; start++) {
      await this.#agent?.stop()
      await this.#waitFor('modelled nodes', async () => {
        const found = await this.#healthyNode()
        this.#node = found ?? this.#node
        return found !== undefined
      })
      if (await this.#startAgent(this.#node)) return
      const { say, io } = this.#options
      const other = `Another fault in ${this.#kernelLog.path} came before the demo's own; it starts again on another node.`
      say(`${wrap(other, io.columns)}\n`)
    }
    const remedy = 'end what writes faults into it, or name a file with --kmsg'
    throw new CommandError('NM_DEMO_START', `${this.#kernelLog.path} has other faults all the time: ${remedy}`)
  }

  /**
   * A fresh agent for `node`: what the log says already belongs to the node before it. True when its first report is
   * healthy, false when a line that came meanwhile has condemned the node.
   */
  async #startAgent(node: string): Promise<boolean> {
    const { io, folder } = this.#options
    const log = this.#kernelLog
    const stateFile = join(folder, `state-${this.#rounds++}.json`)
    if (log.real) writeFileSync(stateFile, stateAtEndOf(log.path, io.clock))
    else writeFileSync(log.path, '') // a stand-in has no reader that could skip what it holds
    const args = [
      `--hostname-override=${node}`,
      `--metrics-address=127.0.0.1:${this.#agentPort}`,
      `--state-file=${stateFile}`,
      `--kmsg=${log.path}`,
      '--verbosity=3',
    ]
    this.#agent = this.#start('agent', args, (line) => this.#follower.agentLog(line))
    const { condition } = this.#fault
    let healthy = false
    await this.#waitFor('the agent’s first report', async () => {
      const found = (await this.#nodes()).find((one) => one.metadata.name === node)
      healthy = found !== undefined && says(found, condition, 'True')
      return healthy || found === undefined || says(found, condition, 'False')
    })
    return healthy
  }

  #start(name: string, args: readonly string[], onLine: (line: LogLine) => void): Program {
    const { io } = this.#options
    return startProgram(name, {
      programFile: io.programFile,
      args: [name, `--kubeconfig=${this.#kubeconfig}`, ...args],
      env: io.env,
      after: (ms, run) => io.clock.after(ms, run),
      onLine: (line) => {
        if (line.level === 'error') io.stderr(`${name}: ${JSON.stringify(line)}\n`)
        onLine(line)
      },
    })
  }

  /** The newest node that no fault has condemned, once all of them are ready. */
  async #healthyNode(): Promise<string | undefined> {
    const all = await this.#nodes()
    if (!all.every((node) => says(node, 'Ready', 'True'))) return undefined
    const byAge = all.toSorted((a, b) => stampOf(a).localeCompare(stampOf(b)))
    return byAge.findLast((node) => !says(node, this.#fault.condition, 'False'))?.metadata.name
  }

  async #nodes(): Promise<readonly NodeObject[]> {
    return this.#api ? (await listObjects<NodeObject>(this.#api, nodes)).items : []
  }

  async #until(done: () => boolean): Promise<void> {
    while (!done()) await sleep(this.#options.io.clock, pollMs, this.#over.signal)
  }

  async #waitFor(what: string, done: () => Promise<boolean>): Promise<void> {
    const { clock } = this.#options.io
    const deadline = clock.monotonic() + startPatienceMs
    while (!(await done())) {
      if (clock.monotonic() > deadline) {
        throw new CommandError('NM_DEMO_START', `${what} did not come within ${startPatienceMs / 1000} s; see above`)
      }
      await sleep(clock, pollMs, this.#over.signal)
    }
  }
}

function says(node: NodeObject, type: string, status: NodeCondition['status']): boolean {
  return node.status?.conditions?.some((one) => one.type === type && one.status === status) ?? false
}

function stampOf(node: NodeObject): string {
  return node.metadata.creationTimestamp ?? ''
}

function byHand(log: InjectionLog, { line }: DemoFault): string {
  return log.real ? `echo '<3>${line}' | sudo tee ${log.path}` : `echo '11,2,0,-;${line}' >> ${log.path}`
}
