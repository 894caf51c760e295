/** Where the shipped catalogue lies: `catalog/` of the package, beside `src/` in a checkout and beside `dist/` when bundled. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CommandError } from '../io.ts'

/** Searches upward from the running program's own file. */
export function catalogueFolder(programFile: string): string {
  for (let folder = dirname(programFile); ; folder = dirname(folder)) {
    const candidate = join(folder, 'catalog', 'kernel.yaml')
    if (existsSync(candidate)) return dirname(candidate)
    if (dirname(folder) === folder) break
  }
  throw new CommandError('NM_CLI_CATALOGUE', `no catalog folder above ${programFile}: the installation is incomplete`)
}
