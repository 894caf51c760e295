/**
 * The agent as a process of its own: no command-line library, no YAML, no schema. Takes the flags of `nodemend agent`
 * and finds the compiled catalogue beside itself.
 */
import { readFileSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type CompiledCatalogue, compiledVersion } from '../../catalog/compiled.ts'
import { systemClock, systemRandom } from '../../telemetry/clock.ts'
import { agentApi } from './api.ts'
import { operatorEnvironment } from './environment.ts'
import { parseAgentFlags } from './flags.ts'
import { HeapKeeper } from './heap.ts'
import { agentOptions } from './options.ts'
import { runAgent } from './run.ts'

/** This bundle; everything that belongs to it lies beside it. */
const programFile = process.argv[1] ?? ''

/** State is written: from here on only a signal ends the process. */
let running = false

async function main(): Promise<void> {
  const stop = new AbortController()
  let ended: NodeJS.Signals | undefined
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (ended) process.kill(process.pid, 'SIGKILL') // a second signal does not wait for a tidy end
      ended = name
      stop.abort()
    })
  }
  const options = agentOptions(parseAgentFlags(process.argv.slice(2), process.env))
  const shared = { clock: systemClock, random: systemRandom }
  const api = await agentApi({ kubeconfig: options.kubeconfig, env: operatorEnvironment(process.env), ...shared })
  const heap = new HeapKeeper(systemClock, programFile)
  const onReady = (_port: number, glance: () => void): void => {
    running = true
    heap.started(glance)
  }
  await runAgent(options, {
    ...shared,
    signal: stop.signal,
    write,
    catalogue: readCatalogue(),
    api,
    onReady,
    onWork: (work) => heap.worked(work),
  })
  if (ended) endBySignal(ended)
}

function readCatalogue(): CompiledCatalogue {
  const file = join(dirname(programFile), 'catalogue.json')
  const catalogue = JSON.parse(readFileSync(file, 'utf8')) as CompiledCatalogue // written by the build of this version
  if (catalogue.version === compiledVersion) return catalogue
  throw new Error(
    `${file} has version ${catalogue.version}, this program reads ${compiledVersion}: build both together`,
  )
}

/** Straight to the descriptor: `process.stdout` costs half a MB of streams. A full pipe loses the line, not the agent. */
function write(line: string): void {
  try {
    writeSync(1, line)
  } catch {
    // EAGAIN or EPIPE: nobody reads, and there is nobody to tell
  }
}

/** A thread that writes to a disk that hangs would keep `process.exit` waiting for ever; a signal does not wait. */
function endBySignal(name: NodeJS.Signals): void {
  process.removeAllListeners(name)
  process.kill(process.pid, name)
}

/**
 * Ends after an error. Once it runs, an ordinary exit might hang as said above and leave a process that watches nothing;
 * so the signal ends it and kubelet starts a new one.
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

// Node asks for it whenever a socket closes, and building it loads a stream that nobody here writes to: 0.2 MB.
Object.defineProperty(process, 'stderr', { value: { fd: 2, write: (text: string) => writeSync(2, text) > 0 } })

process.on('uncaughtException', fail)
main().catch(fail)
