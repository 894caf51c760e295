/**
 * Runs programs of the host so that a hanging one does not hang the agent: each has a deadline and an output limit, and
 * passing either kills its process group. A child in state D survives SIGKILL; it is left behind, counted, and not
 * started again until it has ended.
 */
import type { ChildProcess } from 'node:child_process'
import type { Cancel, Clock } from '../../telemetry/clock.ts'

export interface Command {
  /** Used in errors and metrics. Two commands with the same name never run at the same time. */
  readonly name: string
  readonly file: string
  readonly args: readonly string[]
  readonly deadlineMs: number
  /** Output limit in bytes; exceeding it kills the command. */
  readonly mostBytes: number
  /** Variables beside those that every program gets. */
  readonly env?: Readonly<Record<string, string>>
  /** True for a program of the agent itself: it runs in the agent's own file system and not in the host's. */
  readonly own?: boolean
}

/**
 * How a command ended. `stuck`: this process, or an earlier one with the same name, has survived SIGKILL. `late`: it
 * failed because it passed its deadline.
 */
export type ChildOutcome =
  | { readonly kind: 'ended'; readonly status: number; readonly output: string; readonly errors: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'failed'; readonly why: string; readonly late?: true }
  | { readonly kind: 'stuck'; readonly why: string }

/** A program that keeps running and writes lines, such as `journalctl --follow`. */
export interface Following {
  readonly command: Omit<Command, 'deadlineMs' | 'mostBytes'>
  /** Receives each chunk of standard output. */
  readonly onOutput: (chunk: Buffer) => void
  /** The program ended by itself or could not be started. Not called after a stop. */
  readonly onEnd: (end: { readonly absent: boolean; readonly why: string }) => void
}

export interface Children {
  /** Runs a command until it ends. Never rejects. */
  run(command: Command): Promise<ChildOutcome>
  /** Starts a program that keeps running; the returned function kills it. */
  follow(following: Following): Cancel
  /** Number of children that survived SIGKILL. */
  readonly leftBehind: number
}

/** A process that is not in state D ends within this time after SIGKILL. */
const reapMs = 2_000
/** At most this many bytes of standard error are kept. */
const mostErrorBytes = 4_096

/** Runs programs of the host, through chroot(1) when `root` is not `/`; `chroot` is where that is. */
export function systemChildren(root: string, clock: Clock, chroot = 'chroot'): Children {
  return new SystemChildren(root, clock, chroot)
}

class SystemChildren implements Children {
  readonly #root: string
  readonly #clock: Clock
  readonly #chroot: string
  /** Names of commands whose process has not been reaped. */
  readonly #there = new Set<string>()
  leftBehind = 0

  constructor(root: string, clock: Clock, chroot: string) {
    this.#root = root
    this.#clock = clock
    this.#chroot = chroot
  }

  run(command: Command): Promise<ChildOutcome> {
    const { name, deadlineMs, mostBytes } = command
    if (this.#there.has(name)) {
      return Promise.resolve({ kind: 'stuck', why: `an earlier ${name} has not ended: it is blocked in the kernel` })
    }
    return new Promise((resolve) => {
      const child = this.#spawn(command)
      const output: Buffer[] = []
      const errors: Buffer[] = []
      let size = 0
      let killedFor: string | undefined
      let late = false
      const said = (): string => Buffer.concat(errors).subarray(0, mostErrorBytes).toString('utf8').trim()
      const lastSaid = (): string =>
        errors.length === 0 ? '' : `; the last that it said: ${said().split('\n').at(-1)}`
      let reaping: Cancel | undefined
      let left = false
      const kill = (why: string): void => {
        if (killedFor !== undefined) return
        killedFor = why
        killGroup(child)
        reaping = this.#clock.after(reapMs, () => {
          left = true
          this.leftBehind++
          resolve({
            kind: 'stuck',
            why: `${name} ${why} and cannot be killed: it is blocked in the kernel${lastSaid()}`,
          })
        })
      }
      const deadline = this.#clock.after(deadlineMs, () => {
        late = killedFor === undefined
        kill(`did not answer within ${deadlineMs / 1000} s`)
      })
      const end = (outcome: ChildOutcome): void => {
        deadline()
        reaping?.()
        if (left) this.leftBehind--
        this.#reaped(name)
        resolve(outcome)
      }
      child.stdout?.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > mostBytes) kill(`wrote more than ${mostBytes} bytes`)
        else output.push(chunk)
      })
      child.stderr?.on('data', (chunk: Buffer) => errors.push(chunk.subarray(0, mostErrorBytes)))
      child.on('error', (error: NodeJS.ErrnoException) => {
        end(this.#isAbsent(error) ? { kind: 'absent' } : { kind: 'failed', why: this.#explain(error) })
      })
      child.on('close', (status, signal) => {
        if (killedFor !== undefined)
          end({ kind: 'failed', why: `${name} ${killedFor}${lastSaid()}`, ...(late && { late }) })
        else if (status === null) end({ kind: 'failed', why: `${name} was ended by ${signal ?? 'a signal'}` })
        else if (status === 127 && this.#rootOf(command) !== '/')
          end({ kind: 'absent' }) // chroot(1) did not find the command
        else end({ kind: 'ended', status, output: Buffer.concat(output).toString('utf8'), errors: said() })
      })
    })
  }

  follow({ command, onOutput, onEnd }: Following): Cancel {
    const { name } = command
    if (this.#there.has(name)) {
      onEnd({ absent: false, why: `an earlier ${name} has not ended: it is blocked in the kernel` })
      return () => undefined
    }
    const child = this.#spawn(command)
    let stopped = false
    let said = ''
    const end = (absent: boolean, why: string): void => {
      this.#reaped(name)
      if (!stopped) onEnd({ absent, why })
      stopped = true
    }
    child.stdout?.on('data', (chunk: Buffer) => {
      if (!stopped) onOutput(chunk)
    })
    child.stderr?.on('data', (chunk: Buffer) => {
      said = `${said}${chunk.toString('utf8')}`.slice(0, mostErrorBytes)
    })
    child.on('error', (error: NodeJS.ErrnoException) => end(this.#isAbsent(error), this.#explain(error)))
    child.on('close', (status, signal) => {
      const how = status === null ? `was ended by ${signal ?? 'a signal'}` : `ended with status ${status}`
      end(status === 127 && this.#root !== '/', `${name} ${how}${said === '' ? '' : `: ${said.trim()}`}`)
    })
    return () => {
      stopped = true
      killGroup(child)
    }
  }

  /**
   * Starts the program in its own process group, so that its children can be killed with it. Loading node:child_process
   * costs 0.5 MB, so it waits for the first child.
   */
  #spawn(command: Pick<Command, 'name' | 'file' | 'args' | 'env' | 'own'>): ChildProcess {
    const { spawn } = process.getBuiltinModule('node:child_process')
    const { name, file, args } = command
    const env = { ...plainEnvironment, ...command.env }
    this.#there.add(name)
    const root = this.#rootOf(command)
    const [program, all] = root === '/' ? [file, args] : [this.#chroot, [root, file, ...args]]
    return spawn(program, all, { detached: true, stdio: ['ignore', 'pipe', 'pipe'], env })
  }

  #rootOf({ own = false }: Pick<Command, 'own'>): string {
    return own ? '/' : this.#root
  }

  /** Below another root, what is missing is chroot(1) in our own file system, and says nothing about the host. */
  #isAbsent({ code }: NodeJS.ErrnoException): boolean {
    return code === 'ENOENT' && this.#root === '/'
  }

  #explain({ code, message }: NodeJS.ErrnoException): string {
    return code === 'ENOENT' ? 'no program of the host can be run: the agent’s image lacks chroot' : message
  }

  #reaped(name: string): void {
    this.#there.delete(name)
  }
}

/** Keeps locale and pager settings from changing a program's output. */
const plainEnvironment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
  SYSTEMD_PAGER: '',
  SYSTEMD_COLORS: '0',
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // the group has already ended
  }
}
