/** One of our own programs as a process of its own, as an operator would start it; its JSON log is read line by line. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readLines } from '../../detect/sources/lines.ts'
import { programArguments } from '../agent/travelling.ts'

export type LogLine = Readonly<Record<string, unknown>>

export interface Program {
  readonly name: string
  readonly pid: number
  /** Resolves when it has ended, however it ended. */
  readonly ended: Promise<void>
  /** SIGTERM, and SIGKILL when that is not heeded. */
  stop(): Promise<void>
}

/** How long a program may take to end before it is killed. */
const graceMs = 5_000

export interface ProgramOptions {
  readonly programFile: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly after: (ms: number, run: () => void) => () => void
  /** Every log line that is JSON; others are passed as `{msg}`. */
  readonly onLine: (line: LogLine) => void
}

/** Starts `nodemend ARGS` under this Node. */
export function startProgram(name: string, options: ProgramOptions): Program {
  const child = spawn(process.execPath, [...programArguments(options.programFile), ...options.args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...options.env },
  })
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve())
    child.once('error', (error) => {
      options.onLine({ level: 'error', msg: error.message })
      resolve()
    })
  })
  for (const stream of [child.stdout, child.stderr]) void follow(stream, options.onLine)
  return { name, pid: child.pid ?? 0, ended, stop: () => end(child, ended, options.after) }
}

async function follow(stream: AsyncIterable<Uint8Array>, onLine: (line: LogLine) => void): Promise<void> {
  for await (const text of readLines(stream)) onLine(parse(text))
}

function parse(text: string): LogLine {
  try {
    return JSON.parse(text) as LogLine // our own log writes objects only
  } catch {
    return { level: 'info', msg: text }
  }
}

async function end(child: ChildProcess, ended: Promise<void>, after: ProgramOptions['after']): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  const cancel = after(graceMs, () => child.kill('SIGKILL'))
  await ended
  cancel()
}
