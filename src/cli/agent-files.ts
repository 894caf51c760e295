/** The files that the agent is told things by: stored state, configuration, rule packs. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { CatalogueSource } from '../catalog/load.ts'
import type { Host } from '../detect/host/host.ts'
import { parseConfig } from '../detect/lifecycle/config.ts'
import { noOverrides, type Overrides } from '../detect/lifecycle/settings.ts'
import { parseState, type StoredState } from '../detect/lifecycle/state-file.ts'
import type { Log } from '../telemetry/log.ts'

/** The stored state; undefined when there is none or it is no use: then the whole log is read anew. */
export function readState(host: Host, file: string, log: Log): StoredState | undefined {
  const text = host.read(file)
  if (text === undefined) return undefined
  const stored = parseState(text)
  if (!('trouble' in stored)) return stored
  log.error('the state file is not usable; starting afresh from the whole kernel log', {
    file,
    trouble: stored.trouble,
  })
  return undefined
}

/** The texts of the packs in `folder`, by name. Empty without a folder. */
export function readPacks(folder: string | undefined): readonly CatalogueSource[] {
  if (folder === undefined) return []
  const names = readdirSync(folder)
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
  return names.map((name) => ({ file: join(folder, name), text: readFileSync(join(folder, name), 'utf8') }))
}

/** The configuration file: the last good one is in force. */
export class ConfigFile {
  readonly #host: Host
  readonly #file: string
  #seen = '' // the fingerprint of what is in force; empty: no file
  #overrides: Overrides = noOverrides

  constructor(host: Host, file: string) {
    this.#host = host
    this.#file = file
  }

  get overrides(): Overrides {
    return this.#overrides
  }

  /** Reads the file if it is another one than before. A missing file means no overrides. */
  async reload(): Promise<'unchanged' | 'loaded' | { readonly problems: readonly string[] }> {
    const print = fingerprint(this.#host.path(this.#file))
    if (print === this.#seen) return 'unchanged'
    this.#seen = print
    const read = await parseConfigOrNone(this.#host, this.#file)
    if (read.outcome === 'refused') return read
    this.#overrides = read.overrides
    return 'loaded'
  }
}

async function parseConfigOrNone(host: Host, file: string) {
  const text = host.read(file)
  if (text === undefined) return { outcome: 'loaded', overrides: noOverrides } as const
  return parseConfig(file, text)
}

/** Changes when the file does; a ConfigMap's files change by a symbolic link. Empty when there is none. */
function fingerprint(path: string): string {
  try {
    const { ino, mtimeMs, size } = statSync(path)
    return `${ino} ${mtimeMs} ${size}`
  } catch {
    return ''
  }
}
