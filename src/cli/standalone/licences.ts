/** `nodemend licences`: the licences of Nodemend and of everything that is in its files. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Command } from 'commander'
import { travelling } from '../agent/travelling.ts'
import { CommandError, type Io } from '../io.ts'

export function licencesCommand(io: Io): Command {
  return new Command('licences')
    .description('print the licences of Nodemend and of what is in its files')
    .action(() => io.stdout(licences(io.programFile)))
}

/** The build writes them beside the bundle; a checkout has each package's own. */
function licences(programFile: string): string {
  const file = join(dirname(programFile), 'licences.txt')
  try {
    return travelling('dist/licences.txt') ?? readFileSync(file, 'utf8')
  } catch (error) {
    throw new CommandError(
      'NM_CLI_READ',
      `${(error as Error).message}; in a checkout they are in LICENSE and node_modules/*/LICENSE`,
    )
  }
}
