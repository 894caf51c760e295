/**
 * Drills without a cluster: the demo's modelled nodes, a real agent that reads a file in place of the kernel log, and a
 * real controller. Each turn has an agent of its own, so that the limit on its Events holds up no suite.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Drill } from '../../drill/plan/drill.ts'
import { LogInjector } from '../../drill/run/log-injector.ts'
import { type PolicyView, viewPolicies } from '../../drill/run/policies.ts'
import type { Asked } from '../../drill/watch/stages.ts'
import { type Api, type KubeObject, nodes } from '../../kube/api.ts'
import { connectTo } from '../../kube/connect.ts'
import { listObjects } from '../../kube/objects.ts'
import { conditionTypes } from '../../model/condition.ts'
import { sleep } from '../../telemetry/clock.ts'
import { type DemoCluster, furnish, startDemoCluster } from '../demo/cluster.ts'
import { freePort } from '../demo/free-port.ts'
import { type LogLine, type Program, startProgram } from '../demo/program.ts'
import { CommandError, type Io } from '../io.ts'
import type { Ground } from './ground.ts'

/** For agent, controller and modelled nodes to come up on a slow machine. */
const startMs = 60_000
const pollMs = 50

interface NodeObject extends KubeObject {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
}

/** Starts it. `decides`: whether a policy and a controller are part of it. */
export async function embeddedGround(io: Io, decides: boolean): Promise<Ground> {
  const ground = new EmbeddedGround(io, await startDemoCluster(io))
  try {
    await ground.furnish(decides)
    return ground
  } catch (error) {
    await ground.close()
    throw error
  }
}

class EmbeddedGround implements Ground {
  readonly cluster = 'embedded'
  readonly repairs = true
  readonly api: Api
  readonly injector: LogInjector
  readonly #io: Io
  readonly #demo: DemoCluster
  readonly #folder = mkdtempSync(join(tmpdir(), 'nodemend-drill-'))
  readonly #log = join(this.#folder, 'kmsg')
  readonly #programs = new Map<string, Program>()
  #policies: PolicyView | undefined
  #turns = 0

  constructor(io: Io, demo: DemoCluster) {
    this.#io = io
    this.#demo = demo
    this.api = connectTo({ server: demo.server.url, token: () => demo.server.token }, io)
    this.injector = new LogInjector({ path: this.#log, real: false }, io.clock)
    writeFileSync(this.#log, '')
    writeFileSync(this.#kubeconfig, demo.server.kubeconfig(), { mode: 0o600 })
  }

  get #kubeconfig(): string {
    return join(this.#folder, 'kubeconfig')
  }

  async furnish(decides: boolean): Promise<void> {
    await this.#until('the modelled nodes', async () => (await this.#nodes()).some((one) => says(one, 'Ready', 'True')))
    if (decides) {
      await furnish(this.api)
      await this.#start('controller', ['--interval=500ms', '--settle=0s', '--providers=embedded'])
    }
    this.#policies = await viewPolicies(this.api)
  }

  async nextNode(): Promise<string> {
    let node = ''
    await this.#until('a node that is well', async () => {
      node = (await this.#nodes()).findLast(isWell)?.metadata.name ?? ''
      return node !== ''
    })
    writeFileSync(this.#log, '') // what it says belongs to the turn before
    const state = join(this.#folder, `state-${this.#turns++}.json`)
    let reported = false // the conditions on the node may be the former agent's
    const flags = [`--hostname-override=${node}`, `--state-file=${state}`, `--kmsg=${this.#log}`]
    await this.#start('agent', flags, (line) => {
      if (line.msg === 'reported node conditions') reported = true
    })
    await this.#until('the agent’s first report', async () => reported)
    return node
  }

  asked(drill: Drill): Asked {
    return this.#policies?.asked(drill, {}) ?? { decision: false }
  }

  async close(): Promise<void> {
    for (const program of [...this.#programs.values()].reverse()) await program.stop()
    this.api.close()
    await this.#demo.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #start(
    name: 'agent' | 'controller',
    args: readonly string[],
    onLine: (line: LogLine) => void = () => undefined,
  ): Promise<void> {
    const io = this.#io
    await this.#programs.get(name)?.stop()
    const port = await freePort()
    const program = startProgram(name, {
      programFile: io.programFile,
      args: [name, `--kubeconfig=${this.#kubeconfig}`, `--metrics-address=127.0.0.1:${port}`, ...args],
      env: io.env,
      after: (ms, run) => io.clock.after(ms, run),
      onLine: (line) => {
        if (line.level === 'error') io.stderr(`${name}: ${JSON.stringify(line)}\n`)
        onLine(line)
      },
    })
    this.#programs.set(name, program)
  }

  async #nodes(): Promise<readonly NodeObject[]> {
    return (await listObjects<NodeObject>(this.api, nodes)).items
  }

  async #until(what: string, done: () => Promise<boolean>): Promise<void> {
    const { clock, signal } = this.#io
    const deadline = clock.monotonic() + startMs
    while (!(await done())) {
      if (clock.monotonic() > deadline)
        throw new CommandError('NM_DRILL_START', `${what} did not come within ${startMs / 1000} s; see above`)
      await sleep(clock, pollMs, signal)
    }
  }
}

function says(node: NodeObject, type: string, status: string): boolean {
  return node.status?.conditions?.some((one) => one.type === type && one.status === status) ?? false
}

function isWell(node: NodeObject): boolean {
  return says(node, 'Ready', 'True') && !conditionTypes.some((type) => says(node, type, 'False'))
}
