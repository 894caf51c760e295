/**
 * The tables of neighbours, one each for IPv4 and IPv6, shared by all network namespaces: net/core/neighbour.c,
 * `neigh_stat_seq_show`. How many entries count against the limit is shown nowhere: permanent ones and those that a
 * container network manages do not. What the kernel did about the limit is counted.
 */
import type { Host } from '../../../host/host.ts'
import { follow, type Trail } from '../../growth.ts'
import type { Look } from '../../probe.ts'

export const tables = ['arp_cache', 'ndisc_cache'] as const
export const windowMs = 5 * 60_000

export interface NeighbourTable {
  readonly name: (typeof tables)[number]
  readonly entries: number
}

export interface NeighboursSample {
  readonly tables: readonly NeighbourTable[]
  /** Counters `TABLE forced_gc_runs` and `TABLE table_fulls`. */
  readonly trail: Trail
}

export function readNeighbours(host: Host, at: number, before?: NeighboursSample): Look<NeighboursSample> {
  const found: NeighbourTable[] = []
  const counts: Record<string, number> = {}
  for (const name of tables) {
    const read = host.read(`proc/net/stat/${name}`)
    if ('denied' in read) return { failed: read.denied }
    if ('absent' in read) continue // without IPv6, or in a network namespace of its own
    const { entries, sums } = statistics(read.text)
    if (entries === undefined) return { failed: `/proc/net/stat/${name} has another format` }
    found.push({ name, entries })
    for (const column of ['forced_gc_runs', 'table_fulls']) counts[`${name} ${column}`] = sums[column] ?? 0
  }
  if (found.length === 0) return { absent: 'the kernel shows no tables of neighbours here' }
  return { sample: { tables: found, trail: follow(counts, at, windowMs, before?.trail) } }
}

/** A line of names, then hexadecimal numbers for each CPU; `entries` is that of the table on each. */
function statistics(text: string): { readonly entries: number | undefined; readonly sums: Record<string, number> } {
  const [names = [], ...rows] = text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
  const numbers = rows.map((row) => row.map((cell) => Number.parseInt(cell, 16)))
  const sums = Object.fromEntries(
    names.map((name, column) => [name, numbers.reduce((sum, row) => sum + (row[column] ?? 0), 0)]),
  )
  const entries = numbers[0]?.[names.indexOf('entries')]
  return { entries: Number.isInteger(entries) ? entries : undefined, sums }
}
