/**
 * JSON lines with the keys of the EKS node monitoring agent's guide: `level` as a word, `ts` RFC 3339, `msg`,
 * `hostname`, then free fields. Written by hand because a logging library costs every node 3.1 MB RSS
 * (docs/adr/0004-agent-footprint.md).
 */
import type { Clock } from './clock.ts'
import { rfc3339 } from './rfc3339.ts'

export type Level = 'debug' | 'info' | 'warn' | 'error'

export interface Log {
  debug(msg: string, fields?: LogFields): void
  info(msg: string, fields?: LogFields): void
  warn(msg: string, fields?: LogFields): void
  error(msg: string, fields?: LogFields): void
  /** A log that adds `fields` to each line, e.g. `{monitor: 'kernel'}`. */
  with(fields: LogFields): Log
}

export type LogFields = Readonly<Record<string, unknown>>

const rank: Readonly<Record<Level, number>> = { debug: 0, info: 1, warn: 2, error: 3 }

export interface LogOptions {
  readonly clock: Clock
  readonly hostname: string
  /** Lowest level that is written. Default `info`. */
  readonly level?: Level
  /** Receives one complete line, newline included. Must not throw. */
  readonly write: (line: string) => void
}

/** Creates the process's log. */
export function createLog(options: LogOptions, bound: LogFields = {}): Log {
  const lowest = rank[options.level ?? 'info']
  const line = (level: Level, msg: string, fields?: LogFields): void => {
    if (rank[level] < lowest) return
    const head = { level, ts: rfc3339(options.clock.now()), msg, hostname: options.hostname }
    options.write(`${JSON.stringify({ ...head, ...bound, ...fields }, plainErrors)}\n`)
  }
  return {
    debug: (msg, fields) => line('debug', msg, fields),
    info: (msg, fields) => line('info', msg, fields),
    warn: (msg, fields) => line('warn', msg, fields),
    error: (msg, fields) => line('error', msg, fields),
    with: (fields) => createLog(options, { ...bound, ...fields }),
  }
}

/** A log that keeps nothing, for tests and for library use. */
export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  with: () => silentLog,
}

/** JSON.stringify drops an Error's message; keep it, and its code, which the system's own messages begin with. */
function plainErrors(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value
  const code = (value as { code?: unknown }).code // Node and our own errors carry one; plain Errors do not
  const named = code === undefined || value.message.startsWith(`${String(code)}: `)
  return named ? value.message : `${String(code)}: ${value.message}`
}
