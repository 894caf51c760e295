/**
 * The cost of a process, read from /proc, so that every program is measured the same way. CPU time of threads that end
 * between two readings is lost; the measured agents end none.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { round } from './statistics.ts'

export interface Memory {
  /** Resident, in MB = kB / 1000. */
  readonly rssMB: number
  /** The part of it that is private and not of a file. */
  readonly anonMB: number
  readonly threads: number
}

export interface Effort {
  /** CPU time of all threads since their start, microseconds. */
  readonly cpuUs: number
  /** Voluntary context switches: how often a thread slept and was woken again. */
  readonly sleeps: number
}

/** Resident and anonymous memory of `pid` now. Exact (`smaps_rollup`), where `status` is an estimate since Linux 6.2. */
export function readMemory(pid: number, proc = '/proc'): Memory {
  const { rollup, status } = ofLiving(pid, () => ({
    rollup: readFileSync(`${proc}/${pid}/smaps_rollup`, 'utf8'),
    status: readFileSync(`${proc}/${pid}/status`, 'utf8'),
  }))
  return {
    rssMB: round(field(rollup, 'Rss') / 1000, 1),
    anonMB: round(field(rollup, 'Anonymous') / 1000, 1),
    threads: field(status, 'Threads'),
  }
}

/** CPU time (`schedstat`, nanosecond resolution; `stat` counts in hundredths of a second) and voluntary sleeps of `pid`. */
export function readEffort(pid: number, proc = '/proc'): Effort {
  let cpuNs = 0
  let sleeps = 0
  for (const task of ofLiving(pid, () => readdirSync(`${proc}/${pid}/task`))) {
    const folder = `${proc}/${pid}/task/${task}`
    try {
      cpuNs += Number(readFileSync(`${folder}/schedstat`, 'utf8').split(' ')[0])
      sleeps += field(readFileSync(`${folder}/status`, 'utf8'), 'voluntary_ctxt_switches')
    } catch (error) {
      if (!isGone(error)) throw error // a thread may end while we read
    }
  }
  return { cpuUs: cpuNs / 1000, sleeps }
}

export interface Rates {
  /** Thousandths of one core. */
  readonly milliCpu: number
  readonly wakeupsPerSecond: number
}

/** What happened between two readings `elapsedMs` apart, per second. */
export function ratesBetween(before: Effort, after: Effort, elapsedMs: number): Rates {
  return {
    milliCpu: round((after.cpuUs - before.cpuUs) / elapsedMs, 3),
    wakeupsPerSecond: round(((after.sleeps - before.sleeps) * 1000) / elapsedMs, 2),
  }
}

/** `read`, with a clear error when the process has ended. */
function ofLiving<T>(pid: number, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!isGone(error)) throw error
    throw new Error(`NM_BENCH_ENDED: process ${pid} has ended while it was measured`)
  }
}

function field(text: string, name: string): number {
  const value = new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1]
  if (value === undefined) throw new Error(`NM_BENCH_PROC: /proc has no field ${name}`)
  return Number(value)
}

function isGone(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code
  return code === 'ENOENT' || code === 'ESRCH'
}
