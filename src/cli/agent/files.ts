/** The agent's input files: stored state, configuration, rule packs. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { CatalogueSource } from '../../catalog/load.ts'
import type { Disk, ReplaceOutcome } from '../../detect/host/disk.ts'
import type { Host } from '../../detect/host/host.ts'
import { parseState, type StoredState } from '../../detect/ledger/state-file.ts'
import { type ConfigOutcome, type Known, parseConfig } from '../../detect/lifecycle/config.ts'
import { noOverrides, type Overrides } from '../../detect/lifecycle/settings.ts'
import { type Clock, sleep } from '../../telemetry/clock.ts'
import type { Log } from '../../telemetry/log.ts'
import { rfc3339 } from '../../telemetry/rfc3339.ts'

/** The start waits at most this long for the stored state, so that a disk that hangs does not prevent detection. */
const readDeadlineMs = 5_000

export interface StateFileOptions {
  readonly disk: Disk
  readonly path: string
  readonly clock: Clock
  readonly log: Log
}

/** The file that keeps the agent's state across restarts. */
export class StateFile {
  readonly #options: StateFileOptions
  #reading: Promise<string | undefined> = Promise.resolve(undefined)

  constructor(options: StateFileOptions) {
    this.#options = options
  }

  /** Returns the stored state; undefined when there is none or it is unusable, and the whole log is then read again. */
  async load(): Promise<StoredState | undefined> {
    const { disk, path, clock } = this.#options
    this.#reading = disk.read(path)
    const enough = new AbortController()
    const late = sleep(clock, readDeadlineMs, enough.signal).then(
      () => 'late' as const,
      () => undefined,
    )
    const text = await Promise.race([this.#reading.then((read) => ({ read })), late])
    enough.abort()
    if (text === 'late') return this.#useless('it cannot be read: the disk does not answer')
    if (text?.read === undefined) return undefined
    const stored = parseState(text.read)
    if ('trouble' in stored) return this.#useless(stored.trouble)
    const { log } = this.#options
    if (stored.lost.length > 0)
      log.warn('parts of the state file are unusable and were ignored', { file: path, lost: stored.lost })
    return stored
  }

  /** Saves `text` after a pending read has returned, so that a disk that hangs blocks one thread, not two. */
  async save(text: string): Promise<ReplaceOutcome> {
    await this.#reading
    return this.#options.disk.replace(this.#options.path, text)
  }

  #useless(trouble: string): undefined {
    const { log, path } = this.#options
    log.error('the state file is unusable; starting anew and reading the whole kernel log', { file: path, trouble })
    return undefined
  }
}

/** Reads the packs in `folder`, sorted by name; empty without a folder. */
export function readPacks(folder: string | undefined): readonly CatalogueSource[] {
  if (folder === undefined) return []
  const names = readdirSync(folder)
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
  return names.map((name) => ({ file: join(folder, name), text: readFileSync(join(folder, name), 'utf8') }))
}

/** The configuration file. The last good version read by this process is in force; at a start, none. */
export class ConfigFile {
  readonly #host: Host
  readonly #file: string
  #seen = '' // fingerprint of the file read last; empty when there was none
  #overrides: Overrides = noOverrides
  #writtenAt = 0 // modification time of the version in force, wall-clock milliseconds

  constructor(host: Host, file: string) {
    this.#host = host
    this.#file = file
  }

  get overrides(): Overrides {
    return this.#overrides
  }

  /** Describes what is in force, for people. */
  get inForce(): string {
    const { reasons, codes } = this.#overrides
    const count = [reasons, ...Object.values(codes)].reduce((sum, one) => sum + Object.keys(one).length, 0)
    if (count === 0) return 'the catalogue without overrides'
    return `${count} ${count === 1 ? 'override' : 'overrides'} from the file of ${rfc3339(this.#writtenAt)}`
  }

  /**
   * Reads the file if it, or the number of reasons that it can name, has changed. A missing file means no overrides.
   */
  async reload(known: Known): Promise<'unchanged' | ConfigOutcome> {
    const { print, writtenAt } = fingerprint(this.#host.path(this.#file))
    const seen = print === '' ? '' : `${print} ${known.reasons.length}`
    if (seen === this.#seen) return 'unchanged'
    this.#seen = seen
    const read = await parseConfigOrNone(this.#host, this.#file, known)
    if (read.outcome === 'refused') return read
    this.#overrides = read.overrides
    this.#writtenAt = writtenAt
    return read
  }
}

async function parseConfigOrNone(host: Host, file: string, known: Known): Promise<ConfigOutcome> {
  let text: string
  try {
    text = readFileSync(host.path(file), 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException // node:fs throws ErrnoException
    if (code === 'ENOENT') return { outcome: 'loaded', overrides: noOverrides, doubts: [] }
    return { outcome: 'refused', problems: [`${file}: cannot be read: ${message}`] }
  }
  return parseConfig(file, text, known)
}

/** Changes with the file, also when a ConfigMap update replaces the symbolic link to it. Empty without a file. */
function fingerprint(path: string): { readonly print: string; readonly writtenAt: number } {
  try {
    const { ino, mtimeMs, size } = statSync(path)
    return { print: `${ino} ${mtimeMs} ${size}`, writtenAt: mtimeMs }
  } catch {
    return { print: '', writtenAt: 0 }
  }
}
