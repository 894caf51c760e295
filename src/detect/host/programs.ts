/** Asks a program of the host: the last resort, where neither a file nor a socket says it. */
import type { Children } from './children.ts'
import type { Loopback } from './network.ts'

/** Half of what a monitor may take for a whole look. */
export const programMs = 5_000
export const mostOutputBytes = 4 * 1024 * 1024

/**
 * What the program printed, or why there is nothing. `absent`: this machine does not have the program, or is a saved
 * copy, or the agent runs without a right that the program needs, which it does by default.
 */
export type ProgramAnswer =
  | { readonly output: string; readonly status: number }
  | { readonly absent: string }
  | { readonly failed: string }

export interface ProgramHost {
  readonly children: Children
  /** Absent for a saved copy of a machine, whose programs are not run. */
  readonly loopback?: Loopback
}

/** How programs say that they lack a right: the C library's words for EPERM and EACCES, and iptables' own. */
const refused = /permission denied|operation not permitted|must be root/i

/** Runs `file` with `args`. `accepted`: exit statuses that are an answer. Never rejects. */
export async function askProgram(
  { children, loopback }: ProgramHost,
  file: string,
  args: readonly string[],
  accepted: readonly number[] = [0],
): Promise<ProgramAnswer> {
  if (!loopback) return { absent: 'programs of a saved copy of a machine are not run' }
  const name = [file, ...args].join(' ')
  const outcome = await children.run({ name, file, args, deadlineMs: programMs, mostBytes: mostOutputBytes })
  if (outcome.kind === 'absent') return { absent: `this machine has no ${file}` }
  if (outcome.kind !== 'ended') return { failed: outcome.why }
  const { status, output, errors } = outcome
  if (accepted.includes(status)) return { output, status }
  if (refused.test(errors)) return { absent: `the agent has not the rights that ${file} needs (run it privileged)` }
  return { failed: `${name} ended with status ${status}${errors === '' ? '' : `: ${errors}`}` }
}
