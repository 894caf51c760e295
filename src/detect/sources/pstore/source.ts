/**
 * What an earlier boot left in pstore as a log source. systemd-pstore moves the files away soon after the start, so both
 * places are read. Nothing is added while a machine runs: one look is enough.
 */
import type { Host } from '../../host/host.ts'
import type { Cursors } from '../../ledger/state-file.ts'
import type { SteadyTime } from '../../ledger/steady-time.ts'
import type { LogLine, LogSink, LogSource } from '../log-source.ts'
import { isDump, linesOf } from './record.ts'

export interface PstoreSourceOptions {
  readonly host: Host
  readonly time: SteadyTime
  readonly cursors: Cursors
}

export function pstoreSource(options: PstoreSourceOptions): LogSource {
  return new PstoreSource(options)
}

const live = 'sys/fs/pstore'
/** systemd-pstore.service(8): a folder per crash, in it one per record, with the joined text beside them. */
const kept = 'var/lib/systemd/pstore'
const cursorName = 'pstore'
const mostDumps = 32

interface Dump {
  readonly path: string
  /** When the kernel wrote it, wall-clock milliseconds. */
  readonly at: number
}

class PstoreSource implements LogSource {
  readonly name = 'pstore'
  readonly alive = true
  readonly #options: PstoreSourceOptions
  #read: readonly string[]

  constructor(options: PstoreSourceOptions) {
    this.#options = options
    const stored = options.cursors[cursorName]
    this.#read = typeof stored === 'string' ? stored.split('\n') : []
  }

  start(sink: LogSink): void {
    void this.check(sink) // never rejects
  }

  async check(sink: LogSink): Promise<void> {
    const { host } = this.#options
    const dumps = await dumpsOf(host)
    const fresh = dumps.filter(({ path, at }) => !this.#read.includes(`${path} ${at}`))
    const lines = fresh.reduce((sum, dump) => sum + this.#handOver(dump, sink), 0)
    this.#read = dumps.map(({ path, at }) => `${path} ${at}`)
    if (dumps.length === 0) sink.absentLog('no earlier boot left anything in pstore')
    else
      sink.batch({
        cursor: { source: cursorName, position: this.#read.join('\n') },
        atEnd: true,
        lost: 0,
        lines,
        handedOver: lines,
      })
  }

  stop(): void {}

  #handOver({ path, at }: Dump, sink: LogSink): number {
    const { host, time } = this.#options
    const read = host.read(path)
    const lines = 'text' in read ? linesOf(read.text) : []
    for (const [index, text] of lines.entries()) {
      const bytes = Buffer.from(text)
      const line: LogLine = {
        bytes,
        start: 0,
        end: bytes.length,
        position: `${path}:${index}`,
        trust: 'kernel',
        at: () => time.fromWall(at),
      }
      sink.line(line)
    }
    return lines.length
  }
}

async function dumpsOf(host: Host): Promise<readonly Dump[]> {
  const folders = [live, ...host.list(kept).flatMap((name) => inFolder(host, `${kept}/${name}`))]
  const paths = folders.flatMap((folder) =>
    host
      .list(folder)
      .filter(isDump)
      .map((name) => `${folder}/${name}`),
  )
  const { stat } = process.getBuiltinModule('node:fs/promises')
  const dumps: Dump[] = []
  for (const path of paths.slice(0, mostDumps)) {
    try {
      dumps.push({ path, at: Math.floor((await stat(host.path(path))).mtimeMs) })
    } catch {
      // moved away since the list was read; it is found at its new place at the next start
    }
  }
  return dumps
}

/** The folder itself, and the folders in it. */
function inFolder(host: Host, folder: string): readonly string[] {
  return [folder, ...host.list(folder).map((name) => `${folder}/${name}`)]
}
