/** The machine on which an order is carried out: its files, its programs and the time. */
import type { ChildOutcome, Children } from '../detect/host/children.ts'
import type { Host } from '../detect/host/host.ts'
import type { Clock } from '../telemetry/clock.ts'

export interface Machine {
  readonly host: Host
  readonly children: Children
  readonly clock: Clock
  /** Where archives are kept, in our own file system. */
  readonly evidence: string
}

const mostOutputBytes = 256 * 1024

/** In the file system of the machine systemctl takes itself for one in a chroot, and would do nothing. */
const inChroot = { SYSTEMD_IGNORE_CHROOT: '1' }

/** What a program of the machine answered: its output, or why there is none. Status 0 alone counts as an answer. */
export type ProgramAnswer = { readonly output: string } | { readonly trouble: string }

/** Runs a program of the machine within `deadlineMs`. Never rejects. */
export async function ask(
  { children }: Pick<Machine, 'children'>,
  file: string,
  args: readonly string[],
  deadlineMs: number,
  mostBytes = mostOutputBytes,
): Promise<ProgramAnswer> {
  const name = [file, ...args].join(' ')
  return answerOf(name, await children.run({ name, file, args, deadlineMs, mostBytes, env: inChroot }))
}

function answerOf(name: string, outcome: ChildOutcome): ProgramAnswer {
  switch (outcome.kind) {
    case 'absent':
      return { trouble: `this machine has no ${name.split(' ')[0]}` }
    case 'failed':
    case 'stuck':
      return { trouble: outcome.why }
    case 'ended': {
      const { status, output, errors } = outcome
      if (status === 0) return { output }
      const said = lastLine(errors) ?? lastLine(output)
      return { trouble: `${name} ended with status ${status}${said === undefined ? '' : `: ${said}`}` }
    }
  }
}

function lastLine(text: string): string | undefined {
  return text.trim().split('\n').at(-1) || undefined
}
