/** What a command may touch of the outside world. `main.ts` passes the real one, tests pass their own. */
import type { Clock, Random } from '../telemetry/clock.ts'

export interface Io {
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
  /** Standard input as it comes, for commands that read `-`. */
  readonly stdin: AsyncIterable<Uint8Array>
  /** The running program's file: the shipped catalogue is searched from there upward. */
  readonly programFile: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly random: Random
  /** Aborted by SIGINT and SIGTERM: finish what is in hand, then return. */
  readonly signal: AbortSignal
  /** Width of the terminal in columns; 80 when there is none. */
  readonly columns: number
  /** Whether a person sees standard error on a terminal that can wipe a line; absent: no. */
  readonly live?: boolean
  /** Whether colour may be used. */
  readonly colour: boolean
}

/** Exit codes of every command; docs/reference/cli.md lists them. */
export const exitCodes = {
  /** Done, and what was asked about is fine. */
  ok: 0,
  /** Done, and what was asked about is not fine (`scan` found a fault, `rules test` a failing sample). */
  unhealthy: 1,
  /** Bad usage, unreadable input or an unreachable API: nothing was decided. */
  error: 2,
} as const

/** Ends a command with a message for people and an exit code; `main.ts` prints it without a stack. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly code: string
  readonly exitCode: number

  constructor(code: string, message: string, exitCode: number = exitCodes.error) {
    super(message)
    this.code = code
    this.exitCode = exitCode
  }
}

/** How a command that prints data prints it. */
export type OutputFormat = 'table' | 'json' | 'yaml'
