/** A copy of the bundles for one run, so that a concurrent build does not change them. */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')

export interface Bundles {
  readonly agent: string
  /** The whole command line, the controller in it. */
  readonly nodemend: string
}

/**
 * Copies the bundles into `folder`. They are built first unless `fresh` says that the caller's run has just done so.
 * Throws NM_BENCH_BUILD when the build fails.
 */
export function takeBundles(folder: string, fresh = false): Bundles {
  if (!fresh || !existsSync(join(dist, 'agent.cjs'))) build()
  const copy = join(folder, 'dist')
  cpSync(dist, copy, { recursive: true })
  return { agent: join(copy, 'agent.cjs'), nodemend: join(copy, 'nodemend.cjs') }
}

function build(): void {
  const script = join(root, 'scripts', 'build.ts')
  const { status } = spawnSync(process.execPath, [script], { cwd: root, stdio: ['ignore', 'ignore', 2] })
  if (status !== 0) throw new Error('NM_BENCH_BUILD: the bundles could not be built: see above')
}
