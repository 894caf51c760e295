/**
 * The agent as a separate process without command-line library, YAML and schemas. It takes the flags of `nodemend
 * agent` and reads the compiled catalogue beside its bundle.
 */
import { readFileSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type CompiledCatalogue, compiledVersion } from '../../catalog/compiled.ts'
import { systemClock, systemRandom } from '../../telemetry/clock.ts'
import { agentApi } from './api.ts'
import { operatorEnvironment } from './environment.ts'
import { parseAgentFlags } from './flags.ts'
import { HeapKeeper } from './heap.ts'
import { nvmlProgram } from './nvml-program.ts'
import { agentOptions } from './options.ts'
import { runAgent } from './run.ts'
import { travelling } from './travelling.ts'

/** This bundle; its other files are in the same folder. */
const programFile = process.argv[1] ?? ''

/** True once the agent runs and writes state; from then on only a signal ends the process. */
let running = false

async function main(): Promise<void> {
  const stop = new AbortController()
  let ended: NodeJS.Signals | undefined
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (ended) process.kill(process.pid, 'SIGKILL') // a second signal ends the process at once
      ended = name
      stop.abort()
    })
  }
  const options = agentOptions(parseAgentFlags(process.argv.slice(2), process.env))
  const shared = { clock: systemClock, random: systemRandom }
  const api = await agentApi({ kubeconfig: options.kubeconfig, env: operatorEnvironment(process.env), ...shared })
  const heap = new HeapKeeper(systemClock, programFile)
  const onReady = (_port: number, checkOnce: () => void): void => {
    running = true
    heap.started(checkOnce)
  }
  await runAgent(options, {
    ...shared,
    signal: stop.signal,
    write,
    catalogue: readCatalogue(),
    api,
    nvmlProgram: nvmlProgram(programFile),
    onReady,
    onWork: (work) => heap.worked(work),
  })
  if (ended) endBySignal(ended)
}

function readCatalogue(): CompiledCatalogue {
  const file = join(dirname(programFile), 'catalogue.json')
  const text = travelling('dist/catalogue.json') ?? readFileSync(file, 'utf8')
  const catalogue = JSON.parse(text) as CompiledCatalogue // written by this version's build
  if (catalogue.version === compiledVersion) return catalogue
  throw new Error(
    `${file} has version ${catalogue.version}, this program reads ${compiledVersion}: build both together`,
  )
}

/**
 * Writes directly to the descriptor, because `process.stdout` costs 0.5 MB. A full pipe loses the line, but does not
 * stop the agent.
 */
function write(line: string): void {
  try {
    writeSync(1, line)
  } catch {
    // EAGAIN or EPIPE: the line is lost
  }
}

/** Ends the process by a signal, because `process.exit` waits for a thread that writes to a disk that hangs. */
function endBySignal(name: NodeJS.Signals): void {
  process.removeAllListeners(name)
  process.kill(process.pid, name)
}

/**
 * Ends the process after an error. A running agent ends by a signal, because `process.exit` could hang as in {@link
 * endBySignal}; kubelet then starts a new one.
 */
function fail(error: unknown): void {
  const { code, message, stack } = error as {
    readonly code?: unknown
    readonly message?: string
    readonly stack?: string
  }
  const text = typeof code === 'string' ? `${message} (${code})` : (stack ?? String(error))
  writeSync(2, `nodemend agent: ${text}\n`)
  if (running) process.kill(process.pid, 'SIGKILL')
  process.exit(2)
}

// Node reads process.stderr whenever a socket closes; this replacement saves the 0.2 MB of its stream.
Object.defineProperty(process, 'stderr', { value: { fd: 2, write: (text: string) => writeSync(2, text) > 0 } })

process.on('uncaughtException', fail)
main().catch(fail)
