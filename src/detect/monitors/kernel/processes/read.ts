/**
 * One walk over /proc: zombies by parent, and root's processes with many open files. fs/proc/array.c writes `status`;
 * FDSize there is the size of the table of open files, an upper bound of their number that costs nothing to read.
 */
import { type Host, textOf } from '../../../host/host.ts'
import type { Look } from '../../probe.ts'

export interface ZombieParent {
  readonly pid: number
  readonly name: string
  readonly zombies: number
}

export interface OpenFilesOf {
  readonly name: string
  readonly pid: number
  readonly files: number
  readonly limit: number
}

export interface ProcessesSample {
  readonly zombies: number
  /** The parent of the most zombies; undefined when there are none. */
  readonly parent: ZombieParent | undefined
  /** Root's processes whose table of open files is near their limit, one for each name. */
  readonly crowded: readonly OpenFilesOf[]
}

/** A walk ends here: more processes would keep the agent busy. */
const mostProcesses = 20_000
/** Tables of open files smaller than this are no concern: the usual soft limit is 1024. */
const leastTable = 512
/** Files are counted in at most this many processes of one walk. */
const mostCounted = 10
/** A table this full, in percent of the limit, is worth counting. */
const worthCounting = 60

interface Process {
  readonly pid: number
  readonly name: string
  readonly zombie: boolean
  readonly parent: number
  readonly isRoot: boolean
  readonly table: number
}

export function readProcesses(host: Host): Look<ProcessesSample> {
  const pids = host.list('proc').filter((name) => /^\d+$/.test(name))
  if (pids.length === 0) return { absent: 'the machine has no processes: its /proc was not saved' }
  const zombies = new Map<number, number>()
  const names = new Map<number, string>()
  const large: Process[] = []
  for (const pid of pids.slice(0, mostProcesses)) {
    const found = processOf(Number(pid), textOf(host.read(`proc/${pid}/status`)) ?? '')
    if (!found) continue // it has ended since the list was read
    names.set(found.pid, found.name)
    if (found.zombie) zombies.set(found.parent, (zombies.get(found.parent) ?? 0) + 1)
    else if (found.isRoot && found.table >= leastTable) large.push(found)
  }
  return { sample: { ...worst(zombies, names), crowded: crowdedOf(host, large) } }
}

/** Compiled once: a walk asks each of every process. */
const fields = { name: /^Name:\t(.*)$/m, state: /^State:\t(.)/m, parent: /^PPid:\t(\d+)$/m, table: /^FDSize:\t(\d+)$/m }
const ofRoot = /^Uid:\t0\t/m

function processOf(pid: number, status: string): Process | undefined {
  const name = fields.name.exec(status)?.[1]
  const state = fields.state.exec(status)?.[1]
  if (name === undefined || state === undefined) return undefined
  return {
    pid,
    name: name.replace(/[^\w.:-]/g, '_'),
    zombie: state === 'Z',
    parent: Number(fields.parent.exec(status)?.[1] ?? 0),
    isRoot: ofRoot.test(status),
    table: Number(fields.table.exec(status)?.[1] ?? 0),
  }
}

function worst(zombies: ReadonlyMap<number, number>, names: ReadonlyMap<number, string>) {
  const [first] = [...zombies].sort(([, a], [, b]) => b - a)
  const parent = first && { pid: first[0], name: names.get(first[0]) ?? 'unknown', zombies: first[1] }
  return { zombies: [...zombies.values()].reduce((sum, one) => sum + one, 0), parent }
}

/** Counts the files of the processes with the largest tables; of processes with one name, the fullest counts. */
function crowdedOf(host: Host, large: readonly Process[]): readonly OpenFilesOf[] {
  const worthIt = [...large].sort((a, b) => b.table - a.table).slice(0, mostCounted)
  const fullest = new Map<string, OpenFilesOf>()
  for (const { pid, name, table } of worthIt) {
    const limit = Number(/^Max open files +(\d+) /m.exec(textOf(host.read(`proc/${pid}/limits`)) ?? '')?.[1])
    if (!(limit > 0) || (table * 100) / limit < worthCounting) continue
    const files = host.list(`proc/${pid}/fd`).length
    const known = fullest.get(name)
    if (!known || files / limit > known.files / known.limit) fullest.set(name, { name, pid, files, limit })
  }
  return [...fullest.values()]
}
