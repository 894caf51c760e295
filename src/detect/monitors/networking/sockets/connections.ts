/** Ports in use for one destination: net/ipv4/tcp_ipv4.c, `get_tcp4_sock`, and net/ipv6/tcp_ipv6.c. */
import { type Host, textOf } from '../../../host/host.ts'

export interface Destination {
  /** `10.0.0.7:443`. */
  readonly name: string
  readonly ports: number
}

const listen = '0A'

/** The destination that has most local ports between `first` and `last`. */
export function fullestDestination(host: Host, first: number, last: number): Destination {
  const found = new Map<string, number>()
  for (const file of ['proc/net/tcp', 'proc/net/tcp6']) count(textOf(host.read(file)) ?? '', first, last, found)
  let fullest: [string, number] | undefined
  for (const one of found) if (!fullest || one[1] > fullest[1]) fullest = one
  return fullest ? { name: plainAddress(fullest[0]), ports: fullest[1] } : { name: 'no destination', ports: 0 }
}

/** Counts by the destination as the kernel writes it. Walks the text in place: it can have a hundred thousand lines. */
function count(text: string, first: number, last: number, found: Map<string, number>): void {
  for (let at = text.indexOf('\n') + 1; at > 0 && at < text.length; at = text.indexOf('\n', at) + 1) {
    const row = text.slice(at, text.indexOf('\n', at)).trimStart()
    const [, local = '', remote = '', state] = row.split(' ', 4)
    const port = Number.parseInt(local.slice(local.indexOf(':') + 1), 16)
    if (state !== listen && port >= first && port <= last) found.set(remote, (found.get(remote) ?? 0) + 1)
  }
}

/** `0700000A:01BB` as `10.0.0.7:443`. The kernel writes each 32 bits in the machine's order: all of ours are little-endian. */
function plainAddress(text: string): string {
  const [address = '', port = ''] = text.split(':')
  const words = address.match(/.{8}/g) ?? []
  const bytes = words.flatMap((word) => (word.match(/../g) ?? []).reverse())
  const isFour = bytes.length === 4 || /^0{20}ffff/i.test(bytes.join(''))
  const four = bytes.slice(-4).map((byte) => Number.parseInt(byte, 16))
  const six = bytes.join('').toLowerCase().match(/.{4}/g) ?? []
  return `${isFour ? four.join('.') : `[${six.map((group) => group.replace(/^0{1,3}/, '')).join(':')}]`}:${Number.parseInt(port, 16)}`
}
