/**
 * `npm test [PATTERN…]`: the checks, the bundles, then every test in one process (no isolation: state that leaks
 * between files is a bug we want to see). With patterns, only those test files run, without the checks.
 * `--update-golden` rewrites the golden files instead of comparing them.
 */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const root = join(import.meta.dirname, '..')
const args = process.argv.slice(2)
const patterns = args.filter((arg) => !arg.startsWith('--'))
const update = args.includes('--update-golden')
const everything = ['src/**/*.test.ts', 'scripts/**/*.test.ts', 'bench/**/*.test.ts', 'test/**/*.test.ts']

function runScript(...command: string[]): boolean {
  const path = join(root, 'node_modules', '.bin') + delimiter + (process.env.PATH ?? '')
  const env = { ...process.env, PATH: path, ...(update && { NODEMEND_UPDATE_GOLDEN: '1' }) }
  return spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit', env }).status === 0
}

function main(): boolean {
  const whole = patterns.length === 0
  const checked = !whole || update || runScript('scripts/check.ts')
  // A few tests kill and restart the bundles that ship, so they must be fresh.
  if (whole && !runScript('scripts/build.ts')) return false
  const files = (whole ? everything : patterns).flatMap((pattern) => globSync(pattern, { cwd: root })).sort()
  const tested = runScript('--test', '--test-isolation=none', '--test-reporter=spec', ...files)
  return checked && tested
}

process.exitCode = main() ? 0 : 1
