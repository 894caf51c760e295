/** `npm run check`: types, lint and format, dead code. Each tool prints its own complaints; all run, then the verdict. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

interface Tool {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  /** What mends most of its complaints. */
  readonly remedy?: string
}

const tools: readonly Tool[] = [
  { name: 'types', command: 'tsc', args: ['-p', '.'] },
  {
    name: 'lint and format',
    command: 'biome',
    args: ['check', '--error-on-warnings'],
    remedy: '`npx biome check --write` formats, and mends what it safely can',
  },
  { name: 'dead code', command: 'knip', args: [] },
]

const failed = tools
  .filter(({ name, command, args, remedy }) => {
    process.stdout.write(`check: ${name}\n`)
    const { status } = spawnSync(join(root, 'node_modules', '.bin', command), args, { cwd: root, stdio: 'inherit' })
    if (status !== 0 && remedy !== undefined) process.stdout.write(`check: ${remedy}\n`)
    return status !== 0
  })
  .map(({ name }) => name)
if (failed.length > 0) process.stdout.write(`check failed: ${failed.join(', ')}\n`)
process.exitCode = failed.length > 0 ? 1 : 0
