/**
 * What EC2 takes from an instance that uses more network than it may: counters of the Elastic Network Adapter
 * (drivers/net/ethernet/amazon/ena/ena_ethtool.c, ena_stats_eni_strings). The driver tells them to ethtool alone.
 */
import { basename } from 'node:path'
import type { Host } from '../../../host/host.ts'
import { askProgram } from '../../../host/programs.ts'
import { follow, type Trail } from '../../growth.ts'
import type { Look, ProbeHost } from '../../probe.ts'

/** Counters of packets that were queued or dropped, by value. */
export const counters = {
  'bandwidth-in': 'bw_in_allowance_exceeded',
  'bandwidth-out': 'bw_out_allowance_exceeded',
  packets: 'pps_allowance_exceeded',
  connections: 'conntrack_allowance_exceeded',
  'link-local': 'linklocal_allowance_exceeded',
} as const

export interface EnaSample {
  readonly cards: readonly string[]
  /** Counters `NAME COUNTER`. */
  readonly trail: Trail
}

export const windowMs = 10 * 60_000
/** More cards than an instance can have. */
const mostCards = 32
/** ethtool's status for an interface without counters. */
const noStats = 94

export async function readEna(from: ProbeHost, before?: EnaSample): Promise<Look<EnaSample>> {
  const cards = cardsOf(from.host).slice(0, mostCards)
  if (cards.length === 0) return { absent: 'this machine has no Elastic Network Adapter' }
  const counts: Record<string, number> = {}
  for (const card of cards) {
    const answer = await askProgram(from, 'ethtool', ['-S', card], [0, noStats])
    if (!('output' in answer)) return answer
    for (const [counter, count] of countersIn(answer.output)) counts[`${card} ${counter}`] = count
  }
  return { sample: { cards, trail: follow(counts, from.clock.monotonic(), windowMs, before?.trail) } }
}

function cardsOf(host: Host): readonly string[] {
  const folder = 'sys/class/net'
  return host.list(folder).filter((name) => basename(host.link(`${folder}/${name}/device/driver`) ?? '') === 'ena')
}

/** Lines `     bw_in_allowance_exceeded: 12`. */
function countersIn(text: string): readonly (readonly [string, number])[] {
  const wanted: ReadonlySet<string> = new Set(Object.values(counters))
  return text.split('\n').flatMap((line) => {
    const [, name = '', count] = /^\s*(\w+):\s*(\d+)\s*$/.exec(line) ?? []
    return wanted.has(name) ? [[name, Number(count)] as const] : []
  })
}
