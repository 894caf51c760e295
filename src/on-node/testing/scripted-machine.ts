/** A machine whose programs are a function of the test, below an empty folder. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { ChildOutcome, Children, Command } from '../../detect/host/children.ts'
import { openHost } from '../../detect/host/host.ts'
import { SteppedClock } from '../../telemetry/clock.ts'
import type { Machine } from '../machine.ts'

/** What a program prints; a number is its exit status, with the text on standard error. */
export type Program = (words: readonly string[]) => string | readonly [number, string] | undefined

export interface ScriptedMachine extends Machine {
  readonly clock: SteppedClock
  /** Every command that was run, as one line. */
  readonly ran: string[]
  /** Lets time pass until `work` has ended. */
  through<T>(work: Promise<T>): Promise<T>
}

type Context = { after(run: () => void): void }

/** `files`: by path, below the root of the machine. */
export function scriptedMachine(
  t: Context,
  program: Program,
  files: Readonly<Record<string, string>> = {},
): ScriptedMachine {
  const root = mkdtempSync(join(tmpdir(), 'nodemend-machine-'))
  t.after(() => rmSync(root, { recursive: true }))
  for (const [path, text] of Object.entries({ 'proc/sys/kernel/random/boot_id': 'boot-1\n', ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  const clock = new SteppedClock()
  const ran: string[] = []
  const children: Children = {
    leftBehind: 0,
    follow: () => () => undefined,
    run: (command) => {
      ran.push([command.file, ...command.args].join(' '))
      return Promise.resolve(outcomeOf(program([command.file, ...command.args]), command))
    },
  }
  return {
    host: openHost(root),
    children,
    clock,
    evidence: join(root, 'evidence'),
    ran,
    async through(work) {
      let over = false
      const ended = work.finally(() => {
        over = true
      })
      while (!over) {
        await new Promise((resolve) => setImmediate(resolve))
        if (!over) await clock.advance(500)
      }
      return ended
    },
  }
}

function outcomeOf(answer: ReturnType<Program>, { name }: Command): ChildOutcome {
  if (answer === undefined) return { kind: 'absent' }
  if (typeof answer === 'string') return { kind: 'ended', status: 0, output: answer, errors: '' }
  const [status, errors] = answer
  if (status < 0) return { kind: 'failed', why: `${name} ${errors}` }
  return { kind: 'ended', status, output: '', errors }
}
