/** Where the shipped catalogue lies: `catalog/` of the package, beside `src/` in a checkout and beside `dist/` when bundled. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ShippedFrom } from '../../catalog/shipped.ts'
import { travelling } from '../agent/travelling.ts'
import { CommandError } from '../io.ts'

/** The folder inside the single executable, or the first above the running program's own file. */
export function catalogueFolder(programFile: string): ShippedFrom {
  const inside = travelling('catalog/kernel.yaml') !== undefined
  if (inside) return (file) => travelling(`catalog/${file}`) ?? ''
  for (let folder = dirname(programFile); ; folder = dirname(folder)) {
    const candidate = join(folder, 'catalog', 'kernel.yaml')
    if (existsSync(candidate)) return dirname(candidate)
    if (dirname(folder) === folder) break
  }
  throw new CommandError('NM_CLI_CATALOGUE', `no catalog folder above ${programFile}: the installation is incomplete`)
}
