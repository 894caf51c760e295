/**
 * `nodemend demo`, which is `npm start`: the whole line of flow on this machine without a cluster. The API server and
 * the modelled nodes live in this process; agent and controller are processes of their own, as in a cluster.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command, Option } from 'commander'
import { chooseKernelLog, inject, type KernelLog } from '../../drill/inject.ts'
import { isProven, startTimeline, type Timeline } from '../../drill/timeline.ts'
import { type Api, type KubeObject, nodes } from '../../kube/api.ts'
import { connectTo } from '../../kube/connect.ts'
import { listObjects } from '../../kube/objects.ts'
import type { NodeCondition } from '../../model/condition.ts'
import { sleep } from '../../telemetry/clock.ts'
import { CommandError, exitCodes, type Io } from '../io.ts'
import { stateAtEndOf } from './agent-state.ts'
import { furnish, startDemoCluster } from './cluster.ts'
import { Follower } from './follow.ts'
import { freePort } from './free-port.ts'
import { guide, stageLine, summaryOf } from './print.ts'
import { type LogLine, type Program, startProgram } from './program.ts'

/** A hardware fault: the GPU no longer answers on its bus. */
const faultLine = 'NVRM: Xid (PCI:0000:3b:00): 79, pid=4242, name=train.py, GPU has fallen off the bus.'
const faultCondition = 'AcceleratedHardwareReady'
/** The whole way takes about ten seconds; a machine under load gets more. */
const startPatienceMs = 60_000
const proofPatienceMs = 90_000
const pollMs = 100

interface DemoOptions {
  readonly once: boolean
  readonly output: 'text' | 'json'
  readonly kmsg: string
}

export function demoCommand(io: Io): Command {
  return new Command('demo')
    .description('show one fault on its whole way, from an injected kernel line to a proven replacement; no cluster')
    .option('--once', 'end after the proof (exit code 0) instead of running until Ctrl-C', false)
    .option('--kmsg <file>', 'the kernel log to inject into and to read', '/dev/kmsg')
    .addOption(
      new Option('-o, --output <format>', 'json: the live text goes to stderr, one JSON object comes last')
        .choices(['text', 'json'])
        .default('text'),
    )
    .action((options: DemoOptions) => runDemo(options, io))
}

async function runDemo(options: DemoOptions, io: Io): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'nodemend-demo-'))
  const say = options.output === 'json' ? io.stderr : io.stdout
  const stop = new AbortController()
  const ends: (() => Promise<unknown>)[] = []
  io.signal.addEventListener('abort', () => stop.abort(io.signal.reason), { once: true })
  try {
    const timeline = await play({ options, io, folder, say, signal: stop.signal, ends })
    if (options.output === 'json') io.stdout(`${JSON.stringify(summaryOf(timeline))}\n`)
    if (!isProven(timeline)) {
      throw new CommandError('NM_DEMO_FAILED', timeline.failed ?? 'no proof in time; see above', exitCodes.unhealthy)
    }
    if (!options.once) await sleep(io.clock, 2 ** 31 - 1, stop.signal).catch(() => undefined)
  } catch (error) {
    if (!io.signal.aborted) throw error
  } finally {
    stop.abort()
    for (const end of ends.reverse()) await end()
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Stage {
  readonly options: DemoOptions
  readonly io: Io
  readonly folder: string
  readonly say: (text: string) => void
  readonly signal: AbortSignal
  /** What has to be ended, in the order of its start. */
  readonly ends: (() => Promise<unknown>)[]
}

async function play(stage: Stage): Promise<Timeline> {
  const { io, folder, say, signal, ends, options } = stage
  const cluster = await startDemoCluster(io)
  ends.push(() => cluster.stop())
  const kubeconfig = join(folder, 'kubeconfig')
  writeFileSync(kubeconfig, cluster.server.kubeconfig(), { mode: 0o600 })
  const api = connectTo({ server: cluster.server.url, token: () => cluster.server.token }, io)
  ends.push(async () => api.close())
  await furnish(api)

  const log = chooseKernelLog(options.kmsg, join(folder, 'kmsg'))
  if (!log.real) writeFileSync(log.path, '')
  say(log.real ? `kernel log: ${log.path}, the real one\n` : `kernel log: ${log.why}; a file stands in for it\n`)
  say('Nothing real on this machine is cordoned, rebooted or changed: the nodes are modelled.\n')

  const node = await firstReadyNode(api, stage)
  const follower = new Follower(io, (entry, timeline) => say(stageLine(entry, timeline, io)))
  const ports = await startPrograms({ stage, kubeconfig, node, log, follower })
  await waitFor('the agent’s first report', stage, async () => (await conditionsOf(api, node)).has(faultCondition))
  const watching = follower.watch(api, signal)
  ends.push(() => watching)

  say(guide({ kubeconfig, node, ...ports, injectByHand: byHand(log) }))
  follower.begin(startTimeline(node, faultCondition, faultLine, io.clock.now()))
  inject(log, faultLine, 1, Math.round(io.clock.monotonic() * 1000))
  return proof(follower, stage)
}

/** Waits until the line of flow has come to its end, one way or the other. */
async function proof(follower: Follower, { io, signal }: Stage): Promise<Timeline> {
  const deadline = io.clock.monotonic() + proofPatienceMs
  for (;;) {
    const timeline = follower.timeline
    if (!timeline) throw new TypeError('the demo waits for a proof before it has injected anything')
    if (isProven(timeline) || timeline.failed !== undefined || io.clock.monotonic() > deadline) return timeline
    await sleep(io.clock, pollMs, signal)
  }
}

interface Programs {
  readonly stage: Stage
  readonly kubeconfig: string
  readonly node: string
  readonly log: KernelLog
  readonly follower: Follower
}

/** Starts agent and controller, and resolves when both serve. */
async function startPrograms({ stage, kubeconfig, node, log, follower }: Programs) {
  const { io, folder, ends } = stage
  const agentPort = await freePort()
  const controllerPort = await freePort()
  const stateFile = join(folder, 'state.json')
  if (log.real) writeFileSync(stateFile, stateAtEndOf(log.path, io.clock))
  let controllerLeads = false
  const start = (name: string, args: readonly string[], onLine: (line: LogLine) => void): Program => {
    const program = startProgram(name, {
      programFile: io.programFile,
      args: [name, `--kubeconfig=${kubeconfig}`, ...args],
      env: io.env,
      after: (ms, run) => io.clock.after(ms, run),
      onLine: (line) => {
        if (line.level === 'error') io.stderr(`${name}: ${JSON.stringify(line)}\n`)
        onLine(line)
      },
    })
    ends.push(() => program.stop())
    return program
  }
  start('controller', [`--metrics-address=127.0.0.1:${controllerPort}`, '--interval=500ms', '--settle=0s'], (line) => {
    if (line.msg === 'leading') controllerLeads = true
  })
  const agentArgs = [
    `--hostname-override=${node}`,
    `--metrics-address=127.0.0.1:${agentPort}`,
    `--state-file=${stateFile}`,
    `--kmsg=${log.path}`,
    '--verbosity=3',
  ]
  start('agent', agentArgs, (line) => follower.agentLog(line))
  await waitFor('the controller’s leadership', stage, async () => controllerLeads)
  return { agentPort, controllerPort }
}

async function firstReadyNode(api: Api, stage: Stage): Promise<string> {
  let name = ''
  await waitFor('modelled nodes', stage, async () => {
    const { items } = await listObjects<NodeObject>(api, nodes)
    const ready = items.filter((one) => conditionOf(one, 'Ready')?.status === 'True')
    name = ready[0]?.metadata.name ?? ''
    return items.length > 0 && ready.length === items.length
  })
  return name
}

interface NodeObject extends KubeObject {
  readonly status?: { readonly conditions?: readonly NodeCondition[] }
}

function conditionOf(node: NodeObject, type: string): NodeCondition | undefined {
  return node.status?.conditions?.find((one) => one.type === type)
}

async function conditionsOf(api: Api, name: string): Promise<ReadonlySet<string>> {
  const { items } = await listObjects<NodeObject>(api, nodes, { fieldSelector: `metadata.name=${name}` })
  const known = (items[0]?.status?.conditions ?? []).filter((one) => one.status === 'True')
  return new Set(known.map((one) => one.type))
}

async function waitFor(what: string, { io, signal }: Stage, done: () => Promise<boolean>): Promise<void> {
  const deadline = io.clock.monotonic() + startPatienceMs
  while (!(await done())) {
    if (io.clock.monotonic() > deadline) {
      throw new CommandError('NM_DEMO_START', `${what} did not come within ${startPatienceMs / 1000} s; see above`)
    }
    await sleep(io.clock, pollMs, signal)
  }
}

function byHand(log: KernelLog): string {
  if (log.real) return `echo '<3>${faultLine.replace('3b:00', 'af:00')}' | sudo tee ${log.path}`
  return `echo '11,2,0,-;${faultLine.replace('3b:00', 'af:00')}' >> ${log.path}`
}
