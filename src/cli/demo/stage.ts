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
import { Follower } from './follow.ts'
import { freePort } from './free-port.ts'
import { asideLine, findingLine, guide, stageLine } from './print.ts'
import { type LogLine, type Program, startProgram } from './program.ts'

/** A hardware fault: the GPU no longer answers on its bus. */
const faultLine = 'NVRM: Xid (PCI:0000:3b:00): 79, pid=4242, name=train.py, GPU has fallen off the bus.'
const faultCondition = 'AcceleratedHardwareReady'
/** The whole way takes about ten seconds; a machine under load gets more. */
const startPatienceMs = 60_000
const proofPatienceMs = 90_000
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
    say(log.real ? `kernel log: ${log.path}, the real one\n` : `kernel log: ${log.why}; ${log.path} stands in for it\n`)
    say('Nothing real on this machine is cordoned, rebooted or changed: the nodes are modelled.\n')
    const cluster = await startDemoCluster(io)
    this.#ends.push(() => cluster.stop())
    writeFileSync(this.#kubeconfig, cluster.server.kubeconfig(), { mode: 0o600 })
    const api = connectTo({ server: cluster.server.url, token: () => cluster.server.token }, io)
    this.#api = api
    this.#ends.push(async () => api.close())
    await furnish(api)
    await this.#waitFor('modelled nodes', () => this.#chooseNode())
    const controllerPort = await this.#startController()
    this.#agentPort = await freePort()
    await this.#startAgent(this.#node)
    const watching = this.#follower.watch(api, this.#over.signal)
    this.#ends.push(() => watching)
    say(
      guide({
        kubeconfig: this.#kubeconfig,
        node: this.#node,
        agentPort: this.#agentPort,
        controllerPort,
        injectByHand: byHand(log),
      }),
    )
  }

  /**
   * Injects the fault and follows it to its end, one way or the other: with `patience`, the first repair's, otherwise as
   * long as somebody holds it up.
   */
  playInjected(patience: 'once' | 'with people'): Promise<FaultHistory> {
    const { clock } = this.#options.io
    this.#follower.begin(startHistory(this.#node, faultCondition, faultLine, clock.now()))
    inject(this.#kernelLog, faultLine, 1, Math.round(clock.monotonic() * 1000))
    return this.#untilEnd(patience)
  }

  /** Lets the agent speak for the replacement, waits for a fault that somebody injects by hand, and follows it. */
  async playByHand(): Promise<void> {
    const { say } = this.#options
    const ended = this.#follower.history
    if (ended && isProven(ended)) {
      await this.#agent?.stop()
      await this.#waitFor('modelled nodes', () => this.#chooseNode())
      await this.#startAgent(this.#node)
      say(`\nThe agent now speaks for ${this.#node}. Waiting for the next fault.\n\n`)
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

  /** A fresh agent for `node`: what the log says already belongs to the node before it. */
  async #startAgent(node: string): Promise<void> {
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
    await this.#waitFor('the agent’s first report', async () => {
      const found = (await this.#nodes()).find((one) => one.metadata.name === node)
      return found !== undefined && isTrue(found, faultCondition)
    })
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

  /** The newest node, once all of them are ready. */
  async #chooseNode(): Promise<boolean> {
    const all = await this.#nodes()
    if (all.length === 0 || !all.every((node) => isTrue(node, 'Ready'))) return false
    const byAge = all.toSorted((a, b) => stampOf(a).localeCompare(stampOf(b)))
    this.#node = byAge.at(-1)?.metadata.name ?? ''
    return true
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

function isTrue(node: NodeObject, type: string): boolean {
  return node.status?.conditions?.some((one) => one.type === type && one.status === 'True') ?? false
}

function stampOf(node: NodeObject): string {
  return node.metadata.creationTimestamp ?? ''
}

function byHand(log: InjectionLog): string {
  const line = faultLine.replace('3b:00', 'af:00')
  return log.real ? `echo '<3>${line}' | sudo tee ${log.path}` : `echo '11,2,0,-;${line}' >> ${log.path}`
}
