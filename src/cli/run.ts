/** Parses a command line and runs one command. The commands are a literal list in `commands.ts`. */
import { Command, CommanderError } from 'commander'
import { shownText } from '../model/shown.ts'
import { version } from '../telemetry/version.ts'
import { commands } from './commands.ts'
import { CommandError, exitCodes, type Io } from './io.ts'

/** Builds the whole command tree on `io`; no command runs until it is parsed. */
export function program(io: Io): Command {
  const root = new Command('nodemend')
    .description('Finds sick Kubernetes nodes and mends them, safely.')
    .version(version, '-V, --version', 'print the version')
    .showHelpAfterError('(add --help for the options)')
    .helpCommand(false)
  for (const make of commands) root.addCommand(make(io))
  for (const command of [root, ...root.commands, ...root.commands.flatMap((one) => one.commands)]) {
    command.exitOverride().configureOutput({ writeOut: io.stdout, writeErr: io.stderr, outputError: usageError })
  }
  return root
}

/** Runs one command line (without the program's name) and resolves to its exit code. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  try {
    await program(io).parseAsync([...args], { from: 'user' })
    return exitCodes.ok
  } catch (error) {
    return report(error, io)
  }
}

/** Commander's complaint about a command line, in the form of every other error. */
function usageError(text: string, write: (text: string) => void): void {
  const [first = '', ...more] = text
    .replace(/^error: /, '')
    .trimEnd()
    .split('\n')
  write([`nodemend: ${first} (NM_CLI_USAGE)`, ...more, ''].join('\n'))
}

function report(error: unknown, io: Io): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.error
  if (error instanceof CommandError) {
    if (error.message !== '') io.stderr(`nodemend: ${fit(error.message)} (${error.code})\n`)
    return error.exitCode
  }
  const code = (error as { code?: unknown }).code
  if (typeof code === 'string' && code.startsWith('NM_')) {
    io.stderr(`nodemend: ${fit((error as Error).message)} (${code})\n`)
    return exitCodes.error
  }
  io.stderr(`nodemend: unexpected: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  return exitCodes.error
}

/** Most characters of one line of an error. */
const longestLine = 1024

/** A server's answer, or a file's text, is in many messages. */
function fit(message: string): string {
  return message
    .split('\n')
    .map((line) => shownText(line, longestLine))
    .join('\n')
}
