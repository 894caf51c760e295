/** Asks a program of the host: the last resort, where neither a file nor a socket says it. */
import type { Children } from './children.ts'
import type { Loopback } from './network.ts'

/** Half of what a monitor may take for a whole look. */
export const programMs = 5_000
export const mostOutputBytes = 4 * 1024 * 1024

/** What the program printed, or why there is nothing. `absent`: this machine does not have the program, or is a saved copy. */
export type ProgramAnswer =
  | { readonly output: string; readonly status: number }
  | { readonly absent: string }
  | { readonly failed: string }

export interface ProgramHost {
  readonly children: Children
  /** Absent for a saved copy of a machine, whose programs are not run. */
  readonly loopback?: Loopback
}

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
  return { failed: `${name} ended with status ${status}${errors === '' ? '' : `: ${errors}`}` }
}
