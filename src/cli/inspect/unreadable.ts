/** Why a file that a person named cannot be read, in words that say what to write instead. */
import { resolve } from 'node:path'
import { CommandError } from '../io.ts'

/** `NM_CLI_READ` for what node:fs said. `instead` is what to write where the name is one of a folder. */
export function unreadable(file: string, error: unknown, instead: string): CommandError {
  const { code, message } = error as NodeJS.ErrnoException // node:fs fails with it
  if (code === 'ENOENT') return refused(file, `no such file; it was looked for at ${resolve(file)}`)
  if (code === 'EISDIR') return refused(file, `it is a folder; name ${instead}`)
  if (code === 'EACCES') return refused(file, 'this user may not read it: run as another user, or change its rights')
  return refused(file, message)
}

export function refused(file: string, why: string): CommandError {
  return new CommandError('NM_CLI_READ', `cannot read ${file === '-' ? 'standard input' : file}: ${why}`)
}
