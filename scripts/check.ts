/** `npm run check`: types, lint and format, dead code. Each tool prints its own complaints; all run, then the verdict. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

const tools: readonly (readonly [name: string, ...command: string[]])[] = [
  ['types', 'tsc', '-p', '.'],
  ['lint and format', 'biome', 'check', '--error-on-warnings'],
  ['dead code', 'knip'],
]

const failed = tools
  .filter(([name, command = '', ...args]) => {
    process.stdout.write(`check: ${name}\n`)
    return spawnSync(join(root, 'node_modules', '.bin', command), args, { cwd: root, stdio: 'inherit' }).status !== 0
  })
  .map(([name]) => name)
if (failed.length > 0) process.stdout.write(`check failed: ${failed.join(', ')}\n`)
process.exitCode = failed.length > 0 ? 1 : 0
