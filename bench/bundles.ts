/** The bundles that ship, built anew: what is measured or killed is what is here. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

export const bundles = {
  agent: join(root, 'dist', 'agent.cjs'),
  /** The whole command line, the controller in it. */
  nodemend: join(root, 'dist', 'nodemend.cjs'),
} as const

/** Runs the build; throws NM_BENCH_BUILD when it fails. */
export function buildBundles(): typeof bundles {
  const { status } = spawnSync(process.execPath, [join(root, 'scripts', 'build.ts')], {
    cwd: root,
    stdio: ['ignore', 'ignore', 2],
  })
  if (status !== 0) throw new Error('NM_BENCH_BUILD: the bundles could not be built: see above')
  return bundles
}
