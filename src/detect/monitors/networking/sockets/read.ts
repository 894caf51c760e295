/**
 * Sockets and what they use up: net/ipv4/proc.c, `sockstat_seq_show`. Ports are counted per destination, because one
 * port can serve many destinations at once: that needs the table of connections, which is read only where there are
 * enough sockets to matter.
 */
import { type Host, textOf } from '../../../host/host.ts'
import type { Look } from '../../probe.ts'
import { type Destination, fullestDestination } from './connections.ts'

export interface SocketsSample {
  /** Sockets in use or waiting after their end. */
  readonly sockets: number
  readonly orphans: number
  readonly mostOrphans: number
  /** Pages; absent outside the machine's own network namespace. */
  readonly memory?: { readonly pages: number; readonly limit: number }
  /** How many ports outgoing connections can have. */
  readonly ports: number
  /** Absent where all sockets together are too few to matter. */
  readonly fullest?: Destination
}

/** Below this share of the ports the table of connections is not read. */
const gatePercent = 50

export function readSockets(host: Host): Look<SocketsSample> {
  const read = host.read('proc/net/sockstat')
  if ('denied' in read) return { failed: read.denied }
  if ('absent' in read) return { absent: 'this machine shows no sockets' }
  const [four, six] = [fieldsOf(read.text, 'TCP'), fieldsOf(textOf(host.read('proc/net/sockstat6')) ?? '', 'TCP6')]
  const range = numbersIn(host, 'proc/sys/net/ipv4/ip_local_port_range')
  const [first = 0, last = -1] = range
  const [, , limit] = numbersIn(host, 'proc/sys/net/ipv4/tcp_mem')
  const [mostOrphans = 0] = numbersIn(host, 'proc/sys/net/ipv4/tcp_max_orphans')
  if (four.inuse === undefined) return { failed: '/proc/net/sockstat has no line of TCP' }
  const sockets = four.inuse + (four.tw ?? 0) + (six.inuse ?? 0)
  const ports = last - first + 1
  const fullest = sockets * 100 < ports * gatePercent ? undefined : fullestDestination(host, first, last)
  const memory = four.mem !== undefined && limit !== undefined && { pages: four.mem, limit }
  return {
    sample: {
      sockets,
      orphans: four.orphan ?? 0,
      mostOrphans,
      ports,
      ...(memory && { memory }),
      ...(fullest && { fullest }),
    },
  }
}

/** `TCP: inuse 4 orphan 0 …` as an object. */
function fieldsOf(text: string, name: string): Readonly<Record<string, number | undefined>> {
  const line = text.split('\n').find((one) => one.startsWith(`${name}: `)) ?? ''
  const words = line.split(' ').slice(1)
  return Object.fromEntries(words.flatMap((word, n) => (n % 2 === 0 ? [[word, Number(words[n + 1])]] : [])))
}

function numbersIn(host: Host, path: string): readonly number[] {
  return (textOf(host.read(path)) ?? '').trim().split(/\s+/).filter(Boolean).map(Number)
}
