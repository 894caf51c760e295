/** Real faults: a program in namespaces of its own, in which a test breaks things without harm to the machine. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import type { Seen } from '../../src/detect/monitors/testing/look-at.ts'

const looker = join(import.meta.dirname, 'looker.ts')

/** Skips the test, and says so, where this machine cannot have the fault. */
export function needs(t: TestContext, ...programs: readonly string[]): boolean {
  const missing = programs.filter((program) => !has(program))
  if (process.getuid?.() === 0 && missing.length === 0) return true
  const why = missing.length > 0 ? `${missing.join(', ')} not installed` : 'not root'
  t.skip(why)
  t.diagnostic(`REAL FAULT NOT TESTED: ${why}`)
  return false
}

function has(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`])
    return true
  } catch {
    return false
  }
}

/** Runs a command and returns what it prints; throws with its standard error. */
export function run(...[program = '', ...args]: readonly string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Monitors that look from inside namespaces. */
export class Inside {
  readonly #child: ChildProcess
  readonly #answers: AsyncIterator<string>
  /** The process id, for nsenter(1). */
  readonly pid: number

  /** `enter`: the command that makes or enters the namespaces. */
  constructor(t: TestContext, enter: readonly string[], monitors: readonly string[]) {
    const [program = '', ...args] = [...enter, process.execPath, looker, ...monitors]
    this.#child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    this.pid = this.#child.pid ?? 0
    this.#answers = createInterface({ input: this.#child.stdout ?? process.stdin })[Symbol.asyncIterator]()
    t.after(() => this.end())
  }

  /** The process id of the first process in a namespace of process ids, for nsenter(1), once it runs. */
  async first(): Promise<string> {
    await this.#ask('look')
    return run('pgrep', '-P', String(this.pid)).trim()
  }

  /** The levels of all monitors, without those that are kept. */
  async look(): Promise<readonly string[]> {
    const seen = JSON.parse(await this.#ask('look')) as readonly Seen[] // the program is ours
    const blind = seen.find(({ state }) => state !== 'checked')
    if (blind) throw new Error(`a monitor is ${blind.state}: ${blind.why}`)
    return seen.flatMap(({ levels }) => levels.filter((level) => !level.startsWith('kept')))
  }

  /** Lets time pass for the monitors. */
  async pass(ms: number): Promise<void> {
    await this.#ask(String(ms))
  }

  /** Ends the program, and waits until it has ended, so that its mounts are gone. */
  end(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#child.exitCode !== null) return resolve()
      this.#child.on('exit', () => resolve())
      this.#child.stdin?.end()
    })
  }

  async #ask(line: string): Promise<string> {
    this.#child.stdin?.write(`${line}\n`)
    const { value, done } = await this.#answers.next()
    if (done) throw new Error('the program in the namespace has ended')
    return value
  }
}
