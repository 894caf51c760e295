/**
 * The programs of a real cluster, as paths: found on the PATH where any version will do, otherwise built from pinned Go
 * modules into a cache outside the repository. Without Go there is no cluster, and {@link ensureTools} says so.
 */

import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { buildTools } from './build.ts'
import { TOOLS, type ToolName, type ToolSet, toolSets } from './tool-list.ts'

export type ToolPaths = Readonly<Record<ToolName, string>>

export type Tools =
  | { readonly available: true; readonly paths: ToolPaths }
  | { readonly available: false; readonly why: string }

export interface ToolOptions {
  /** Receives a line for each slow step (a build of minutes) and each skip. Default: stderr. */
  readonly log?: (line: string) => void
  /** Default: that of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

/**
 * Paths of `names` and, as far as they are there already, of the others. Builds what is missing: minutes the first
 * time, later a few milliseconds. Rejects when a build fails, because with Go on the machine that is a fault. Set
 * NODEMEND_REAL_CLUSTER=skip to go without a cluster.
 */
export async function ensureTools(names: readonly ToolName[], options: ToolOptions = {}): Promise<Tools> {
  const log = options.log ?? ((line: string) => process.stderr.write(`${line}\n`))
  const env = options.env ?? process.env
  if (env.NODEMEND_REAL_CLUSTER === 'skip') return unavailable('NODEMEND_REAL_CLUSTER=skip is set', log)
  const go = await goVersion(env)
  if (go === undefined) return unavailable('there is no Go on the PATH (https://go.dev/dl, 1.26 or newer)', log)
  const folders = Object.fromEntries(toolSets.map((set) => [set, cachedSet(set, go)])) as Record<ToolSet, string>
  const paths = Object.fromEntries(
    (Object.keys(TOOLS) as ToolName[]).map((name) => [name, onPath(name, env) ?? join(folders[TOOLS[name].set], name)]),
  ) as Record<ToolName, string>
  for (const set of toolSets) {
    const missing = names.filter((name) => TOOLS[name].set === set && !existsSync(paths[name]))
    if (missing.length > 0) await buildTools({ names: missing, source: toolSource(set), target: folders[set], log })
  }
  return { available: true, paths }
}

/** The folder with a set's go.mod. */
export function toolSource(set: ToolSet): string {
  return join(import.meta.dirname, 'tools', set)
}

/** The cache of built tools, outside the repository. */
function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'nodemend')
}

function unavailable(because: string, log: (line: string) => void): Tools {
  const why = `SKIPPED, NOT TESTED: everything that needs a real Kubernetes control plane, because ${because}.`
  log(why)
  return { available: false, why }
}

async function goVersion(env: Readonly<Record<string, string | undefined>>): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('go', ['env', 'GOVERSION', 'GOOS', 'GOARCH'], { env })
    return stdout.trim().split('\n').join('-')
  } catch {
    return undefined
  }
}

/** A folder named after a hash of all inputs of the build, so that a changed module file gets a new binary. */
function cachedSet(set: ToolSet, go: string): string {
  const source = toolSource(set)
  const hash = createHash('sha256').update(go)
  for (const file of readdirSync(source).sort()) hash.update(`\0${file}\0`).update(readFileSync(join(source, file)))
  for (const tool of Object.values(TOOLS)) {
    if (tool.set === set) hash.update(`\0${[...tool.stamps, ...(tool.tags ?? [])].join(' ')}`)
  }
  return join(cacheFolder(), 'tools', `${set}-${hash.digest('hex').slice(0, 16)}`)
}

function onPath(name: ToolName, env: Readonly<Record<string, string | undefined>>): string | undefined {
  if (!TOOLS[name].fromPath) return undefined
  const candidates = (env.PATH ?? '').split(delimiter).map((folder) => join(folder, name))
  return candidates.find((path) => existsSync(path))
}
