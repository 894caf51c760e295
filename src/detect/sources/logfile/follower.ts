/**
 * Follows one log file over its rotations: renamed, deleted, or copied and truncated. The unread tail of the old file
 * comes first; a line without its newline waits for the rest.
 */
import type { Stats } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Host } from '../../host/host.ts'
import { longestLine } from '../lines.ts'

/** Where to resume: the file by its device and inode, and the offset of the first line that was not handed over. */
export interface Place {
  readonly file: string
  readonly offset: number
}

/** Receives each line. `backlog`: it was there before this process looked for the first time. */
export type OnLine = (line: Buffer, from: Place & { readonly attested: boolean; readonly backlog: boolean }) => void

/** Of a file that is met for the first time, this much of its end is read. */
const firstBytes = 1024 * 1024
const chunkBytes = 64 * 1024
/** The most that one turn reads of one file. */
const mostPerTurn = 4 * 1024 * 1024
/** A truncated file is recognised by its first bytes when it has grown past the old offset again. */
const headBytes = 64
/** A file without a name is read for this many turns: its writer may take a while to open the next one. */
const turnsGone = 10

export class Follower {
  readonly #host: Host
  readonly #path: string
  readonly #onLine: OnLine
  #stored: Place | undefined
  #handle: FileHandle | undefined
  #file = ''
  #head: Buffer = Buffer.alloc(0)
  /** Everything before it was read; the torn line `#rest` is its end. */
  #read = 0
  #rest: Buffer = Buffer.alloc(0)
  /** Within a line that is too long to be kept. */
  #dropping = false
  #attested = false
  #met = false
  #backlog = true
  #gone = 0

  constructor(host: Host, path: string, onLine: OnLine, stored: Place | undefined) {
    this.#host = host
    this.#path = path
    this.#onLine = onLine
    this.#stored = stored
  }

  /** Undefined before the file was opened. */
  get place(): Place | undefined {
    if (this.#handle) return { file: this.#file, offset: this.#read - this.#rest.length }
    return this.#stored
  }

  /** False when the file is gone and was read to its end. */
  get lives(): boolean {
    return this.#gone < turnsGone
  }

  /** Reads what is new. True when the end was reached. Rejects when the file cannot be read. */
  async turn(): Promise<boolean> {
    this.#handle ??= await this.#open()
    if (!this.#handle) {
      this.#gone++
      return true
    }
    if (!(await this.#readOn(this.#handle))) return false
    const now = await this.#stats()
    if (now && idOf(now) === this.#file) {
      this.#gone = 0
      this.#backlog = false
      return true
    }
    if (!now) {
      if (++this.#gone >= turnsGone) await this.close()
      return true
    }
    await this.close()
    return this.turn() // the new file is another one, so this ends
  }

  /** A torn line ends with its file. */
  async close(): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    this.#stored = undefined
    this.#cut(Buffer.from('\n'), true)
    await handle?.close()
  }

  async #open(): Promise<FileHandle | undefined> {
    const stats = await this.#stats()
    if (!stats?.isFile()) return undefined
    const stored = this.#stored
    this.#stored = undefined
    if (stored && stored.file !== idOf(stats)) {
      const old = await this.#rotated(stored.file)
      if (old !== undefined) return this.#begin(old, stored.offset)
    }
    const known = stored && stored.file === idOf(stats) && stored.offset <= stats.size
    if (known) return this.#begin(this.#path, stored.offset)
    const start = stored || this.#met ? 0 : Math.max(0, stats.size - firstBytes)
    return this.#begin(this.#path, start, start > 0)
  }

  async #begin(path: string, offset: number, midLine = false): Promise<FileHandle> {
    const { open } = process.getBuiltinModule('node:fs/promises')
    const handle = await open(this.#host.path(path.slice(1)), 'r')
    try {
      const stats = await handle.stat()
      this.#head = await readAt(handle, 0, headBytes)
      this.#met = true
      this.#file = idOf(stats)
      this.#attested = stats.uid === 0 && (stats.mode & 0o022) === 0
      this.#read = offset
      this.#rest = Buffer.alloc(0)
      this.#dropping = midLine
      return handle
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /** The file that was read before it got another name: it lies beside the new one, and its name begins alike. */
  async #rotated(file: string): Promise<string | undefined> {
    const folder = dirname(this.#path)
    const stem = basename(this.#path).replace(/\.\w+$/, '')
    for (const name of this.#host.list(folder.slice(1))) {
      const path = join(folder, name)
      if (!name.startsWith(stem) || path === this.#path) continue
      const stats = await this.#stats(path)
      if (stats && idOf(stats) === file) return path
    }
    return undefined
  }

  async #stats(path = this.#path): Promise<Stats | undefined> {
    const { stat } = process.getBuiltinModule('node:fs/promises')
    try {
      return await stat(this.#host.path(path.slice(1)))
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  }

  /** True at the end. */
  async #readOn(handle: FileHandle): Promise<boolean> {
    const { size } = await handle.stat()
    if (size === this.#read) return true
    if (size < this.#read || !this.#head.equals(await readAt(handle, 0, this.#head.length))) this.#restart()
    if (this.#head.length < headBytes) this.#head = await readAt(handle, 0, headBytes)
    for (let left = mostPerTurn; left > 0; ) {
      const chunk = await readAt(handle, this.#read, Math.min(chunkBytes, left))
      if (chunk.length === 0) return true
      this.#read += chunk.length
      left -= chunk.length
      this.#cut(chunk, false)
    }
    return false
  }

  /** The file was truncated: what it holds now is new. */
  #restart(): void {
    this.#cut(Buffer.from('\n'), true)
    this.#read = 0
    this.#head = Buffer.alloc(0)
  }

  /** Hands over the complete lines. `ending`: `chunk` closes a torn line and is not part of the file. */
  #cut(chunk: Buffer, ending: boolean): void {
    const from = this.#read - (ending ? 0 : chunk.length) - this.#rest.length
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    let start = 0
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      const place = { file: this.#file, offset: from + start, attested: this.#attested, backlog: this.#backlog }
      if (!this.#dropping && end > start) this.#onLine(bytes.subarray(start, end), place)
      this.#dropping = false
      start = end + 1
    }
    const rest = bytes.subarray(start)
    if (rest.length > longestLine) this.#dropping = true
    this.#rest = rest.length > longestLine ? Buffer.alloc(0) : Buffer.from(rest)
  }
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position)
  return buffer.subarray(0, bytesRead)
}

function idOf({ dev, ino }: Stats): string {
  return `${dev}-${ino}`
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException // node:fs throws ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR'
}
