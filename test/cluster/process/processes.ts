/**
 * Child processes that never outlive the run. A {@link ProcessGroup} stops what it started, by process id: on `stop()`,
 * when this process exits, on Ctrl-C, and, where the kernel offers it, even when this process is killed with SIGKILL.
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sleep, systemClock } from '../../../src/telemetry/clock.ts'

export interface Program {
  /** Short name: of the log file and in messages. */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

export interface Running {
  readonly name: string
  readonly pid: number
  /** Everything it printed, stdout and stderr together. */
  readonly logFile: string
  readonly exited: Promise<void>
  isRunning(): boolean
  /** Sends `signal`; true when the process was there to receive it. */
  signal(signal: NodeJS.Signals): boolean
}

/** Milliseconds between SIGTERM and SIGKILL, because kube-apiserver would drain for a minute. */
const STOP_GRACE_MS = 1500
const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** util-linux; makes the kernel kill the child when its parent dies, which no handler in the parent can do. */
const SETPRIV = '/usr/bin/setpriv'

/** Starts programs, and ends every one of them when the run ends, however it ends. */
export class ProcessGroup {
  readonly #folder: string
  readonly #running = new Set<Running>()
  readonly #cleanUp: () => void
  readonly #onExit = (): void => this.#killAll()
  readonly #onSignal = (signal: NodeJS.Signals): void => {
    this.#killAll()
    this.#unhook()
    process.kill(process.pid, signal)
  }

  /** Logs go to `folder`. `cleanUp` runs last, once, also when the process is ended by a signal: it must be synchronous. */
  constructor(folder: string, cleanUp: () => void = () => {}) {
    this.#folder = folder
    this.#cleanUp = cleanUp
    process.once('exit', this.#onExit)
    for (const signal of ENDING_SIGNALS) process.once(signal, this.#onSignal)
  }

  /** Starts `program`; its output is appended to `<folder>/<name>.log`. */
  start(program: Program): Running {
    const logFile = join(this.#folder, `${program.name}.log`)
    const output = openSync(logFile, 'a')
    const [command, args] = bound(program)
    const child = spawn(command, args, {
      stdio: ['ignore', output, output],
      env: { ...process.env, ...program.env },
      ...(program.cwd === undefined ? {} : { cwd: program.cwd }),
    })
    closeSync(output)
    const running = observe(child, program.name, logFile)
    this.#running.add(running)
    void running.exited.then(() => this.#running.delete(running))
    return running
  }

  /** Ends one program and waits until it is gone: SIGTERM, then SIGKILL after a short grace. */
  async end(running: Running, graceMs = STOP_GRACE_MS): Promise<void> {
    running.signal('SIGCONT')
    running.signal(graceMs === 0 ? 'SIGKILL' : 'SIGTERM')
    const abort = new AbortController()
    const grace = sleep(systemClock, graceMs, abort.signal).then(
      () => running.signal('SIGKILL'),
      () => false,
    )
    await running.exited
    abort.abort()
    await grace
  }

  /** Ends everything, the last started first, and releases the hooks. */
  async stop(graceMs = STOP_GRACE_MS): Promise<void> {
    for (const running of [...this.#running].reverse()) await this.end(running, graceMs)
    this.#unhook()
    this.#cleanUp()
  }

  #killAll(): void {
    for (const running of this.#running) running.signal('SIGKILL')
    this.#cleanUp()
  }

  #unhook(): void {
    process.off('exit', this.#onExit)
    for (const signal of ENDING_SIGNALS) process.off(signal, this.#onSignal)
  }
}

/** Waits until `probe` is true; rejects with the end of the program's log when it exits first or `timeoutMs` pass. */
export async function waitFor(running: Running, probe: () => Promise<boolean>, timeoutMs: number): Promise<void> {
  const deadline = systemClock.monotonic() + timeoutMs
  while (!(await probe())) {
    const late = systemClock.monotonic() > deadline
    if (late || !running.isRunning()) {
      const what = late ? `was not ready after ${timeoutMs} ms` : 'ended while starting'
      throw new Error(
        `NM_CLUSTER_START: ${running.name} ${what}. The end of ${running.logFile}:\n${tail(running.logFile)}`,
      )
    }
    await sleep(systemClock, 50)
  }
}

/** The last lines of a log file, for messages. */
export function tail(logFile: string, lines = 15): string {
  return existsSync(logFile) ? readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n') : '(no log)'
}

function bound(program: Program): [string, string[]] {
  if (!existsSync(SETPRIV)) return [program.command, [...program.args]]
  return [SETPRIV, ['--pdeathsig', 'KILL', '--', program.command, ...program.args]]
}

function observe(child: ChildProcess, name: string, logFile: string): Running {
  const { promise: exited, resolve } = Promise.withResolvers<void>()
  let alive = true
  const gone = (): void => {
    alive = false
    resolve()
  }
  child.once('exit', gone)
  child.once('error', gone)
  return {
    name,
    pid: child.pid ?? 0,
    logFile,
    exited,
    isRunning: () => alive,
    signal: (signal) => alive && child.kill(signal),
  }
}
