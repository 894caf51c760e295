/**
 * Log files as a log source: each file that a rule names is followed by itself. Files are looked at on the timer grid of
 * the probes, so they wake the process for nothing more.
 */
import type { Cancel, Clock } from '../../../telemetry/clock.ts'
import type { Host } from '../../host/host.ts'
import type { Cursors } from '../../ledger/state-file.ts'
import type { SteadyTime } from '../../ledger/steady-time.ts'
import type { Steady } from '../../lifecycle/state.ts'
import type { Rounds } from '../../monitors/rounds.ts'
import type { LogBatch, LogLine, LogSink, LogSource } from '../log-source.ts'
import { Follower, type OnLine, type Place } from './follower.ts'
import { findFiles } from './paths.ts'
import { stampOf, textStart } from './record.ts'

export interface LogFileSourceOptions {
  readonly host: Host
  readonly clock: Clock
  readonly rounds: Rounds
  readonly time: SteadyTime
  readonly cursors: Cursors
  /** The paths and patterns of every rule. */
  readonly files: () => readonly string[]
}

export function logFileSource(options: LogFileSourceOptions): LogSource {
  return new LogFileSource(options)
}

const everyMs = 10_000
/** Between two turns while a file has not been read to its end. */
const busyMs = 100
/** A turn that takes longer hangs on a disk. */
const stuckMs = 30_000
const cursorName = 'logfile'

class LogFileSource implements LogSource {
  readonly name = 'logfile'
  readonly #options: LogFileSourceOptions
  readonly #stored: ReadonlyMap<string, Place>
  readonly #followers = new Map<string, Follower>()
  #patterns: ReadonlyMap<string, readonly string[]> = new Map()
  #sink: LogSink | undefined
  #turning: Promise<void> | undefined
  #turnAt = 0
  #lines = 0
  #ends: readonly Cancel[] = []
  #soon: Cancel = () => undefined
  #stopped = false

  constructor(options: LogFileSourceOptions) {
    this.#options = options
    this.#stored = readCursor(options.cursors[cursorName])
  }

  get alive(): boolean {
    return this.#turning === undefined || this.#options.clock.monotonic() - this.#turnAt < stuckMs
  }

  start(sink: LogSink): void {
    this.#sink = sink
    this.#ends = [this.#options.rounds.add(everyMs, () => void this.#turn())] // never rejects
    void this.#turn()
  }

  async check(sink: LogSink): Promise<void> {
    this.#sink ??= sink
    await this.#turn()
  }

  stop(): void {
    this.#stopped = true
    this.#soon()
    for (const end of this.#ends) end()
    void (this.#turning ?? Promise.resolve()).then(() => this.#closeAll())
  }

  #turn(): Promise<void> {
    if (this.#turning === undefined) this.#turnAt = this.#options.clock.monotonic()
    this.#turning ??= this.#look().finally(() => {
      this.#turning = undefined
    })
    return this.#turning
  }

  async #look(): Promise<void> {
    const { host, clock, files } = this.#options
    const found = findFiles(host, files())
    this.#patterns = new Map(found.map(({ path, patterns }) => [path, patterns]))
    for (const { path } of found) this.#followers.get(path) ?? this.#follow(path)
    if (this.#followers.size === 0) {
      this.#sink?.absentLog('this machine has none of the log files that rules name')
      return
    }
    this.#lines = 0
    const ends = await Promise.all([...this.#followers].map(([path, follower]) => this.#read(path, follower)))
    if (this.#stopped) return
    const troubles = ends.filter((end) => typeof end === 'string')
    const atEnd = ends.every((end) => end !== false)
    this.#batch(atEnd, troubles[0])
    this.#soon()
    if (!atEnd) this.#soon = clock.after(busyMs, () => void this.#turn())
  }

  #follow(path: string): void {
    const onLine: OnLine = (line, from) => this.#line(path, line, from)
    this.#followers.set(path, new Follower(this.#options.host, path, onLine, this.#stored.get(path)))
  }

  /** True at the end, or why the file cannot be read. */
  async #read(path: string, follower: Follower): Promise<boolean | string> {
    try {
      const atEnd = await follower.turn()
      if (!follower.lives) this.#followers.delete(path)
      return atEnd
    } catch (error) {
      return `${path} cannot be read: ${explain(error)}`
    }
  }

  #line(path: string, bytes: Buffer, from: Parameters<OnLine>[1]): void {
    const { time, clock } = this.#options
    this.#lines++
    if (this.#stopped) return
    const at = (): Steady => time.fromWall(stampOf(bytes, clock.now()))
    // Of the time before this boot, nothing can be said about the node as it is now.
    if (from.backlog && at() < time.base) return
    const line: LogLine = {
      bytes,
      start: textStart(bytes),
      end: bytes.length,
      position: `${from.file}:${from.offset}`,
      trust: from.attested ? 'service' : 'userspace',
      origins: this.#patterns.get(path) ?? [],
      at,
    }
    this.#sink?.line(line)
  }

  #batch(atEnd: boolean, trouble: string | undefined): void {
    const places = [...this.#followers].flatMap(([path, { place }]) => (place ? [[path, place] as const] : []))
    const position = JSON.stringify(
      Object.fromEntries(places.map(([path, { file, offset }]) => [path, [file, offset]])),
    )
    const batch: LogBatch = {
      cursor: { source: cursorName, position },
      atEnd,
      lost: 0,
      lines: this.#lines,
      handedOver: this.#lines,
      ...(trouble !== undefined && { trouble }),
    }
    this.#sink?.batch(batch)
  }

  async #closeAll(): Promise<void> {
    await Promise.allSettled([...this.#followers.values()].map((follower) => follower.close()))
  }
}

/** What an earlier process stored; nothing where it cannot be read. */
function readCursor(position: number | string | undefined): ReadonlyMap<string, Place> {
  try {
    const stored: unknown = JSON.parse(typeof position === 'string' ? position : '{}')
    return new Map(
      Object.entries(stored ?? {}).flatMap(([path, place]: [string, unknown]) => {
        const [file, offset]: readonly unknown[] = Array.isArray(place) ? place : []
        return typeof file === 'string' && typeof offset === 'number' ? [[path, { file, offset }] as const] : []
      }),
    )
  } catch {
    return new Map()
  }
}

function explain(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException // node:fs throws ErrnoException
  if (code === 'EACCES' || code === 'EPERM')
    return 'permission denied; run as root, or with the capability DAC_READ_SEARCH'
  return message
}
